import BlockCache
public import Contents
public import Membership

/// One peer's part in the exchange of blocks: what it wants, whom it asks, whom it serves.
///
/// A value without I/O: events go in, directives come out, in the order in which they are to be
/// carried out. The same code runs in peers and in the simulator.
///
/// A block that is wanted:
///
///     wanted ─▶ a member of the nearest tier is known to hold it? ─▶ TAKE from it
///        │ no
///        ▼
///     LOCATE at the chunk's home in the tier ─▶ its parent ─▶ TAKE from the parent, which sends
///        │ this member is the home               the block when it has it itself
///        ▼
///     LOCATE at the home in the next tier … ─▶ the metadata server
///
/// A source that is gone, silent or stuck is left, and its blocks are asked for elsewhere: see
/// `Exchange+Watching`. Every block is asked for once at a time; the last resort is always the
/// metadata server.
public struct Exchange: Sendable {
  public struct Settings: Hashable, Sendable {
    /// Blocks wanted at one time; more are refused.
    public var wantedLimit = 16_384
    /// Blocks of others' wishes that wait for this member to have them; more are refused.
    public var parkedLimit = 16_384
    /// A source that was silent for so long is asked for a sign of life.
    public var statusAfter = Duration.milliseconds(100)
    /// One that does not give it for so long, or twice as long as it took before, is left.
    public var stallAfter = Duration.milliseconds(250)
    /// No member is waited for longer than this without a sign.
    public var patienceLimit = Duration.milliseconds(900)
    /// A source that is there and gets nothing done for so long is left.
    public var frozenAfter = Duration.milliseconds(900)
    /// A source that is so many times slower than others is left for them.
    public var slownessAllowed = 4.0
    /// A home that does not answer and is not heard of for so long is passed over …
    public var locateAfter = Duration.milliseconds(400)
    /// … and one that does not answer for so long whatever else it sends.
    public var locateLimit = Duration.seconds(2)
    /// A block that somebody has waited for so long may be waited for in a circle.
    public var chaseAfter = Duration.milliseconds(150)
    /// A block that somebody has waited for so long is asked of the metadata server …
    public var lastResortAfter = Duration.seconds(3)
    /// … and so long where other blocks come from those that were asked for it.
    public var lastResortLimit = Duration.seconds(15)
    /// For so long a member that was left is not asked again.
    public var avoidFor = Duration.seconds(5)
    /// For so long one that sent wrong bytes is not.
    public var quarantineFor = Duration.seconds(600)
    public var tracker = Tracker.Settings()
    public var uploads = UploadQueue.Settings()

    public init() {}
  }

  /// Who was asked for a block.
  enum Source: Hashable, Sendable {
    case member(MemberID)
    case origin
  }

  /// A block that is wanted.
  struct Pending: Sendable {
    var isDemand: Bool
    /// Or when it was asked of the metadata server as a last resort.
    var wantedAt: Duration
    /// At most two: the second is a hedge.
    var asked: [Asked] = []
    var attempts = 0
    /// When this member's number was last sent after it, and whose was passed on: see
    /// `Exchange+Chasing`.
    var chasedAt: Duration?
    var passedOn: (initiator: MemberID, at: Duration)?
  }

  struct Asked: Hashable, Sendable {
    var source: Source
    var call: ExchangeCall
    var since: Duration
  }

  /// A chunk some of whose blocks are wanted.
  struct ChunkState: Sendable {
    var file: ExchangedFile
    /// Bit i: block i is wanted.
    var wanted: UInt32 = 0
    /// The LOCATE under way.
    var locating: ExchangeCall?
    var locatingAt: MemberID?
    /// Where blocks of the chunk came from, or are to come from.
    var parent: MemberID?
    /// Whom a home named: all blocks of the chunk are to come from it.
    var assigned: MemberID?
    var excluded: [MemberID] = []
    /// Homes that know nobody, or wait for this member themselves.
    var passedOver: [MemberID] = []
    var retryAt: Duration?
  }

  /// What a call is about.
  enum Call: Sendable {
    case locate(Chunk, at: MemberID, since: Duration)
    case take(BlockKey, from: MemberID)
    case origin(BlockKey)
    case status(MemberID)
  }

  /// A member that blocks were asked of.
  struct SourceState: Sendable {
    var outstanding: Set<BlockKey> = []
    /// Bytes or an answer came.
    var lastSign = Duration.zero
    var status: ExchangeCall?
    var statusSince = Duration.zero
    /// When STATUS was answered last.
    var answeredAt = Duration.zero
    var progress: UInt64 = 0
    /// `progress` grew, or a block came.
    var lastProgress = Duration.zero
  }

  public let settings: Settings
  public internal(set) var neighborhood: Neighborhood
  /// What the others hold, as gossip says.
  public var contents: ContentsView
  var tracker: Tracker
  var uploads: UploadQueue
  var pending: [BlockKey: Pending] = [:]
  var chunks: [Chunk: ChunkState] = [:]
  var calls: [ExchangeCall: Call] = [:]
  var sources: [MemberID: SourceState] = [:]
  var avoided: [MemberID: Duration] = [:]
  var signs: [MemberID: Signs] = [:]
  /// Whom a home named for a chunk, after the chunk's wishes were met: its other blocks are asked
  /// of the same member without another question, and no circle comes of them.
  var formerParents: [Chunk: MemberID] = [:]
  static let formerParentsLimit = 4096
  /// TAKEs of blocks that are wanted here too, by block.
  var parked: [BlockKey: [UploadQueue.Upload]] = [:]
  var parkedCount = 0
  var nextCall: ExchangeCall = 1
  var nextTurn: UInt64 = 0
  /// Grows with every block that came or went: what `STATUS` answers.
  public internal(set) var progress: UInt64 = 0
  /// Sources left because they were gone, silent or stuck.
  public internal(set) var leftCount = 0
  /// Homes that did not say in time who has a chunk.
  public internal(set) var unansweredCount = 0
  /// Blocks asked of the metadata server because somebody had waited too long.
  public internal(set) var lastResortCount = 0
  /// Circles of members waiting for each other that this one has broken.
  public internal(set) var circleCount = 0
  /// Wants to stop serving: it names nobody and takes no more wishes.
  public var isDraining = false

  public init(own: Neighbor, contents: ContentsView, settings: Settings = Settings()) {
    self.settings = settings
    neighborhood = Neighborhood(own: own)
    self.contents = contents
    tracker = Tracker(settings: settings.tracker)
    uploads = UploadQueue(settings: settings.uploads)
  }

  /// Blocks wanted now.
  public var wantedCount: Int { pending.count }
  /// Blocks that others wait for.
  public var waitingCount: Int { parkedCount + uploads.count }
  /// How long what is to be sent now will take, in seconds, at a rate in bytes a second.
  public func queueSeconds(at bytesPerSecond: Double) -> Double {
    bytesPerSecond > 0 ? Double(uploads.bytes) / bytesPerSecond : 0
  }

  /// Blocks that are held here and that others wait for, those being sent included.
  public var queuedCount: Int { uploads.count }

  /// The members that blocks are asked of now.
  public var sourcesAsked: [MemberID] { Array(sources.keys) }

  // MARK: Members

  /// A member is there, or has changed.
  public mutating func insert(_ member: Neighbor) { neighborhood.insert(member) }

  /// The metadata server is this member.
  public mutating func setOrigin(_ id: MemberID?, locality: Locality) {
    neighborhood.setOrigin(id, locality: locality)
  }

  /// A member says how busy it is.
  public mutating func setLoad(_ id: MemberID, capacity: Double, queueSeconds: Double) {
    neighborhood.setLoad(id, capacity: capacity, queueSeconds: queueSeconds)
  }

  /// A member failed or left: what it was asked for is asked elsewhere, what it asked for is not
  /// sent.
  public mutating func remove(
    _ id: MemberID, now: Duration, random: inout some RandomNumberGenerator
  ) -> [ExchangeDirective] {
    neighborhood.remove(id)
    contents.forget(id)
    signs[id] = nil
    // If it is there after all it learns that it has to ask elsewhere.
    var directives = uploads.remove(member: id).map { ExchangeDirective.refuse($0, .busy) }
    for key in parked.keys.sorted() {
      for upload in parked[key] ?? [] where upload.member == id {
        directives.append(.refuse(upload.token, .busy))
      }
      unpark(key) { $0.member == id }
    }
    return directives + leave(id, isGone: true, now: now, random: &random)
  }

  /// Whether a member is passed over now.
  func isAvoided(_ id: MemberID, now: Duration) -> Bool {
    avoided[id].map { $0 > now } ?? false
  }

  /// A member is passed over from now on, for so long at least.
  mutating func avoid(_ id: MemberID, for time: Duration, now: Duration) {
    avoided[id] = max(avoided[id] ?? .zero, now + time)
  }

  func avoidedNow(_ now: Duration) -> Set<MemberID> {
    Set(avoided.lazy.filter { $0.value > now }.map(\.key))
  }

  mutating func newCall(_ call: Call) -> ExchangeCall {
    defer { nextCall &+= 1 }
    calls[nextCall] = call
    return nextCall
  }

  mutating func unpark(_ key: BlockKey, where isMeant: (UploadQueue.Upload) -> Bool) {
    guard var waiting = parked[key] else { return }
    let count = waiting.count
    waiting.removeAll(where: isMeant)
    parkedCount -= count - waiting.count
    parked[key] = waiting.isEmpty ? nil : waiting
  }
}
