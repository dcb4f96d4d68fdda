public import BlockCache
public import Contents
public import Membership

/// The metadata server's part in the exchange of blocks: it gives each block about once, and says
/// where it is to everybody else who asks.
///
/// What it gives at one time is bounded, and ordered by use: what a reader waits for, then what
/// others wait for behind the asker, then what is fetched ahead; among equals who asked first. At
/// most `waitingLimit` wait; more are told to come again.
public struct OriginExchange: Sendable {
  public struct Settings: Hashable, Sendable {
    /// Blocks being read and sent at one time.
    public var slots = 6
    /// Of these, to one member.
    public var slotsPerMember = 3
    public var waitingLimit = 32_768
    /// Blocks about which it is remembered who has them.
    public var tracker = Tracker.Settings()

    public init() {
      tracker.chunkLimit = 65_536
      tracker.memberLimit = 64
    }
  }

  /// What is to be done, in order.
  public enum Directive: Hashable, Sendable {
    /// Read the block and send it; call `sent` when it is.
    case send(ExchangeToken, OriginRequest, to: MemberID)
    /// It is to be asked of this member.
    case redirect(ExchangeToken, MemberID)
    /// Not now.
    case busy(ExchangeToken)
  }

  private struct Waiting: Sendable {
    var token: ExchangeToken
    var asker: MemberID
    var request: OriginRequest
    var turn: UInt64

    /// What is sent first is least.
    var order: (Int, UInt64) {
      (request.isDemand ? 0 : 1, turn)
    }
  }

  public let settings: Settings
  public private(set) var neighborhood: Neighborhood
  /// What the peers hold, as gossip says.
  public var contents: ContentsView
  private var tracker: Tracker
  private var waiting: [Waiting] = []
  private var active: [ExchangeToken: MemberID] = [:]
  private var activeByMember: [MemberID: Int] = [:]
  private var turn: UInt64 = 0
  public private(set) var redirectCount = 0

  public init(own: Neighbor, contents: ContentsView, settings: Settings = Settings()) {
    self.settings = settings
    var own = own
    own.isServing = false
    neighborhood = Neighborhood(own: own)
    self.contents = contents
    tracker = Tracker(settings: settings.tracker)
  }

  public var waitingCount: Int { waiting.count }

  public mutating func insert(_ member: Neighbor) { neighborhood.insert(member) }

  public mutating func setLoad(_ id: MemberID, capacity: Double, queueSeconds: Double) {
    neighborhood.setLoad(id, capacity: capacity, queueSeconds: queueSeconds)
  }

  /// A member failed or left: it has nothing any more. If it is there after all, it learns that it
  /// has to ask again.
  public mutating func remove(_ id: MemberID) -> [Directive] {
    neighborhood.remove(id)
    contents.forget(id)
    let dropped = waiting.filter { $0.asker == id }.map { Directive.busy($0.token) }
    waiting.removeAll { $0.asker == id }
    return dropped
  }

  /// A member asks for a block.
  public mutating func asked(
    _ token: ExchangeToken, by asker: MemberID, _ request: OriginRequest, now: Duration
  ) -> [Directive] {
    let key = BlockKey(version: request.file.version, index: request.index)
    // By block rather than by chunk: a home asks for the blocks of a chunk one by one.
    let name = Chunk(version: key.version, number: key.index)
    for member in request.excluded { tracker.strike(member, of: name) }
    if !request.insists {
      if !tracker.knows(name) {
        for member in contents.holders(of: key)
        where member != asker && neighborhood.members[member]?.isServing == true {
          tracker.note(member, of: name, readyAt: now)
        }
      }
      let elsewhere = tracker.assign(
        name, to: asker, excluding: request.excluded, blocks: 1, in: neighborhood, now: now)
      if let elsewhere {
        redirectCount += 1
        return [.redirect(token, elsewhere.parent)]
      }
    }
    guard waiting.count < settings.waitingLimit else { return [.busy(token)] }
    if neighborhood.members[asker]?.isServing == true {
      tracker.note(asker, of: name, readyAt: now + .milliseconds(50))
    }
    turn &+= 1
    waiting.append(Waiting(token: token, asker: asker, request: request, turn: turn))
    return pump()
  }

  /// Somebody waits now for a block that a member asked for ahead of time.
  public mutating func urged(by asker: MemberID, _ key: BlockKey) {
    for place in waiting.indices
    where waiting[place].asker == asker && waiting[place].request.index == key.index
      && waiting[place].request.file.version == key.version
    {
      waiting[place].request.isDemand = true
    }
  }

  /// A block was sent, or could not be.
  public mutating func sent(_ token: ExchangeToken) -> [Directive] {
    guard let member = active.removeValue(forKey: token) else { return [] }
    let left = activeByMember[member, default: 1] - 1
    activeByMember[member] = left > 0 ? left : nil
    return pump()
  }

  private mutating func pump() -> [Directive] {
    var directives: [Directive] = []
    while active.count < settings.slots {
      var best: Int?
      for place in waiting.indices
      where activeByMember[waiting[place].asker, default: 0] < settings.slotsPerMember {
        if best.map({ waiting[place].order < waiting[$0].order }) ?? true { best = place }
      }
      guard let best else { break }
      let next = waiting.remove(at: best)
      active[next.token] = next.asker
      activeByMember[next.asker, default: 0] += 1
      directives.append(.send(next.token, next.request, to: next.asker))
    }
    return directives
  }
}
