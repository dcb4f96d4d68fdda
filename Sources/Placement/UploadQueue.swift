import BlockCache
import Collections
import Membership

/// What a member has to send to others: what somebody waits for first, then in the order in which
/// it was asked for, a few blocks at a time in all and fewer to each member, so that one that takes
/// its blocks slowly holds up nobody else.
public struct UploadQueue: Sendable {
  public struct Settings: Hashable, Sendable {
    /// Blocks being sent at one time: enough to keep the link busy, few enough that what somebody
    /// waits for is not behind much.
    public var slots = 4
    /// Of these, to one member.
    public var slotsPerMember = 2
    /// Of these, to all members in other racks: over a thin link a block takes its time, and the
    /// fewer are on it at once the less of it is lost.
    public var slotsFar = 1
    /// Blocks that wait to be sent; more are refused.
    public var limit = 16_384
    /// What is sent in a second at most; nil: as much as goes.
    public var bytesPerSecond: Double?

    public init() {}
  }

  /// One block that somebody wants.
  public struct Upload: Hashable, Sendable {
    var token: ExchangeToken
    var key: BlockKey
    var member: MemberID
    var isDemand: Bool
    var bytes: Int
    /// The member is in another rack.
    var isFar = false
    /// Grows with every TAKE: the order in which blocks were asked for.
    var turn: UInt64 = 0
  }

  /// What each member waits for, in the order in which it asked.
  private struct Lines: Sendable {
    var queues: [MemberID: Deque<Upload>] = [:]

    var members: [MemberID] { Array(queues.keys) }

    mutating func append(_ upload: Upload) {
      var queue = queues[upload.member] ?? []
      // What became urgent was asked for before what is at the end.
      var place = queue.endIndex
      while place > queue.startIndex, queue[place - 1].turn > upload.turn { place -= 1 }
      queue.insert(upload, at: place)
      queues[upload.member] = queue
    }

    func count(of key: BlockKey) -> Int {
      queues.values.reduce(0) { $0 + $1.count { $0.key == key } }
    }

    mutating func next(where isFree: (Upload) -> Bool) -> Upload? {
      var best: (member: MemberID, turn: UInt64)?
      for (member, queue) in queues {
        guard let first = queue.first, best.map({ first.turn < $0.turn }) ?? true, isFree(first)
        else { continue }
        best = (member, first.turn)
      }
      guard let best, let upload = queues[best.member]?.popFirst() else { return nil }
      if queues[best.member]?.isEmpty == true { queues[best.member] = nil }
      return upload
    }

    mutating func remove(_ member: MemberID, where isMeant: (Upload) -> Bool) -> [Upload] {
      guard let queue = queues[member] else { return [] }
      let kept = queue.filter { !isMeant($0) }
      queues[member] = kept.isEmpty ? nil : Deque(kept)
      return queue.filter(isMeant)
    }
  }

  private let settings: Settings
  private var demand = Lines()
  private var ahead = Lines()
  private var active: [ExchangeToken: Upload] = [:]
  private var activeByMember: [MemberID: Int] = [:]
  /// Bytes that may be sent now, under a limit.
  private var allowance = 0.0
  private var allowanceAt: Duration?
  /// Blocks that wait or are being sent, and their bytes.
  private(set) var count = 0
  private(set) var bytes = 0

  init(settings: Settings) { self.settings = settings }

  /// - Returns: whether there was room.
  mutating func append(_ upload: Upload) -> Bool {
    guard count < settings.limit else { return false }
    count += 1
    bytes += upload.bytes
    if upload.isDemand { demand.append(upload) } else { ahead.append(upload) }
    return true
  }

  /// What is to be sent now; nil: nothing, or not yet.
  mutating func next(now: Duration) -> Upload? {
    guard active.count < settings.slots, isAllowed(now) else { return nil }
    let activeFar = active.values.count { $0.isFar }
    let isFree = { [activeByMember, settings] (upload: Upload) in
      activeByMember[upload.member, default: 0] < settings.slotsPerMember
        && (!upload.isFar || activeFar < settings.slotsFar)
    }
    guard let upload = demand.next(where: isFree) ?? ahead.next(where: isFree) else { return nil }
    active[upload.token] = upload
    activeByMember[upload.member, default: 0] += 1
    allowance -= Double(upload.bytes)
    return upload
  }

  /// What is said of a block that is to be sent.
  func account(of key: BlockKey) -> String {
    let sending = active.values.filter { $0.key == key }.map { "\($0.member.rawValue)" }
    let queued = demand.count(of: key) + ahead.count(of: key)
    return (sending.isEmpty ? "" : "; being sent to " + sending.joined(separator: ", "))
      + (queued == 0 ? "" : "; queued for \(queued) among \(count)")
  }

  /// When more may be sent, where a limit on the rate is what holds it up.
  func nextAllowed(now: Duration) -> Duration? {
    guard let limit = settings.bytesPerSecond, count > active.count, allowance < 0 else {
      return nil
    }
    return now + .seconds(-allowance / limit)
  }

  /// A block was sent, or could not be.
  mutating func finished(_ token: ExchangeToken) {
    guard let upload = active.removeValue(forKey: token) else { return }
    count -= 1
    bytes -= upload.bytes
    let left = activeByMember[upload.member, default: 1] - 1
    activeByMember[upload.member] = left > 0 ? left : nil
  }

  /// A member is gone, or wants a block no more.
  /// - Returns: the tokens that will not be answered.
  @discardableResult
  mutating func remove(member: MemberID, key: BlockKey? = nil) -> [ExchangeToken] {
    let isMeant = { (upload: Upload) in key.map { upload.key == $0 } ?? true }
    let removed = demand.remove(member, where: isMeant) + ahead.remove(member, where: isMeant)
    count -= removed.count
    for upload in removed { bytes -= upload.bytes }
    return removed.map(\.token)
  }

  /// Somebody waits for a block now.
  mutating func urge(_ key: BlockKey, of member: MemberID) {
    for var upload in ahead.remove(member, where: { $0.key == key }) {
      upload.isDemand = true
      demand.append(upload)
    }
  }

  /// What is not to be answered any more. What is being sent stays until it is `finished`.
  mutating func remove(tokens: Set<ExchangeToken>) {
    for member in Set(demand.members).union(ahead.members) {
      let isMeant = { (upload: Upload) in tokens.contains(upload.token) }
      let removed = demand.remove(member, where: isMeant) + ahead.remove(member, where: isMeant)
      count -= removed.count
      for upload in removed { bytes -= upload.bytes }
    }
  }

  /// A debt is allowed, so that a block larger than the allowance gets through; half a second's
  /// worth can be saved up.
  private mutating func isAllowed(_ now: Duration) -> Bool {
    guard let limit = settings.bytesPerSecond else { return true }
    let elapsed = allowanceAt.map { max(0, (now - $0).inSeconds) } ?? 0.5
    allowanceAt = now
    allowance = min(limit / 2, allowance + elapsed * limit)
    return allowance >= 0
  }
}
