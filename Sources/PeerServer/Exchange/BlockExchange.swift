import BlockCache
import ClusterTransport
import Contents
import Logging
import Membership
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import Placement
import Synchronization
import Transport
import XDR

/// Gets blocks from other peers and the metadata server, and gives them to other peers: the shell
/// of an `Exchange`, which decides everything.
///
///     fetch ─▶ Exchange ─▶ directives ─▶ LOCATE, TAKE … on links to members
///                 ▲                          │ answers: opened, verified, kept: on threads
///                 └──────────────────────────┘
///     calls of members ─▶ Exchange ─▶ directives ─▶ answers, blocks from RAM or disk: on threads
///
/// A block that arrives is believed when the metadata server's seal says that its digest is the
/// block's, and the digest that its bytes are.
final class BlockExchange: Sendable {
  typealias Completion = @Sendable (Result<LoadedBlock, BlockFailure>) -> Void

  struct State: Sendable {
    var exchange: Exchange
    var random = SystemRandomNumberGenerator()
    /// Who waits here for a block. Blocks that are got for others only have no entry.
    var waiting: [BlockKey: Completion] = [:]
    /// Calls of members that are to be answered, and what they want.
    var calls: [ExchangeToken: MemberCall] = [:]
    var nextToken: ExchangeToken = 1
    /// Files of blocks that are wanted, for CANCEL and for telling that a version is gone.
    var files: [FileVersion: ExchangedFile] = [:]
    /// Verifies seals; nil before the first registration.
    var verifier: BlockVerifier?
    var holdings: Holdings
  }

  /// Bytes of packed blocks that arrived lately, kept to be passed on without the disk.
  static let recentBytes = 64 << 20
  /// How long a TAKE may wait for its answer; sources that hang are found out much sooner.
  static let takeTimeout = TimeAmount.seconds(30)
  static let locateTimeout = TimeAmount.seconds(4)
  /// The link to the metadata server has a number that no member has.
  static let originLink: UInt64 = .max
  static let filesLimit = 65_536
  /// Members of a cluster in which everybody asks every newcomer what it holds.
  static let eagerLimit = 64

  let state: Mutex<State>
  let links: BlockLinks
  let store: BlockStore
  let memory: MemoryShards
  let recent: Mutex<RecentBlocks>
  let rates = Mutex(RateMeter())
  let threads: NIOThreadPool
  let counters: PeerCounters
  let blockBytes: Int
  let logger: Logger
  let onVersionGone: @Sendable (BlockFile) -> Void
  private let loop: any EventLoop
  private let isTicking = Atomic<Bool>(false)

  /// - Parameters:
  ///   - own: this member.
  ///   - links: with the address of the metadata server under `originLink`.
  ///   - onVersionGone: the metadata server has another version of a file, or none.
  init(
    own: Neighbor, links: BlockLinks, blockBytes: Int, egressBytesPerSecond: Int?,
    store: BlockStore, memory: MemoryShards, threads: NIOThreadPool, loop: any EventLoop,
    counters: PeerCounters, logger: Logger, onVersionGone: @escaping @Sendable (BlockFile) -> Void
  ) {
    var settings = Exchange.Settings()
    settings.uploads.bytesPerSecond = egressBytesPerSecond.map(Double.init)
    state = Mutex(
      State(
        exchange: Exchange(
          own: own, contents: ContentsView(own: own.id), settings: settings),
        holdings: Holdings(generation: .random(in: 1...(.max)))))
    self.links = links
    self.blockBytes = blockBytes
    self.store = store
    self.memory = memory
    self.threads = threads
    self.loop = loop
    self.counters = counters
    self.logger = logger
    self.onVersionGone = onVersionGone
    recent = Mutex(RecentBlocks(limitBytes: Self.recentBytes))
    links.onClosed { [weak self] member in self?.disconnected(member) }
  }

  /// What is on disk already is held. To be called once, where blocking is allowed.
  func loadHoldings() {
    let keys = store.heldKeys()
    state.withLock { $0.holdings.load(keys) }
  }

  /// The metadata server's key, from a registration.
  func setSealKey(_ publicKey: [UInt8]) {
    state.withLock { $0.verifier = BlockVerifier(publicKey: publicKey) }
  }

  // MARK: Wanting

  /// Asks for a block. It must not be asked for already.
  /// - Parameters:
  ///   - isDemand: somebody waits for it.
  ///   - completion: called once, now or later, on any thread.
  func fetch(
    _ index: UInt32, of file: BlockFile, isDemand: Bool, completion: @escaping Completion
  ) {
    let wanted = ExchangedFile(file, blockBytes: blockBytes)
    let key = BlockKey(version: file.version, index: index)
    let directives = state.withLock { state -> [ExchangeDirective]? in
      // It arrived since the caller looked, for somebody else.
      guard !state.holdings.contains(key) else { return nil }
      state.waiting[key] = completion
      state.note(wanted)
      return state.exchange.want(
        CollectionOfOne(index), of: wanted, isDemand: isDemand, now: MonotonicClock.now(),
        random: &state.random)
    }
    if let directives { return carryOut(directives) }
    threads.submit { _ in
      if let plain = self.unpackedHeld(key) {
        self.memory.insert(plain, for: key)
        return completion(.success(LoadedBlock(bytes: plain, source: .disk)))
      }
      self.state.withLock { _ = $0.holdings.remove(key) }
      self.fetch(index, of: file, isDemand: isDemand, completion: completion)
    }
  }

  /// Somebody waits for a block that was to be fetched ahead.
  func promote(_ index: UInt32, of file: BlockFile) {
    let wanted = ExchangedFile(file, blockBytes: blockBytes)
    let key = BlockKey(version: file.version, index: index)
    let directives = state.withLock { state -> [ExchangeDirective] in
      // It may have arrived just now.
      guard state.waiting[key] != nil else { return [] }
      return state.exchange.want(
        CollectionOfOne(index), of: wanted, isDemand: true, now: MonotonicClock.now(),
        random: &state.random)
    }
    carryOut(directives)
  }

  // MARK: Time

  /// Sees to it that the exchange is told the time while anything is under way.
  func keepTicking() {
    guard !isTicking.exchange(true, ordering: .acquiringAndReleasing) else { return }
    loop.scheduleTask(in: .milliseconds(50)) { self.tick() }
  }

  private func tick() {
    isTicking.store(false, ordering: .releasing)
    let directives = change { exchange, random, now in
      for member in exchange.membersListenedTo {
        guard let heard = self.links.lastHeard(from: member.rawValue) else { continue }
        let age = NIODeadline.now() - heard.at
        exchange.heard(
          from: member, at: now - .nanoseconds(age.nanoseconds), byteCount: heard.byteCount)
      }
      return exchange.tick(now: now, random: &random)
    }
    carryOut(directives)
    let isBusy = state.withLock { $0.exchange.nextDeadline(now: .zero) != nil }
    if isBusy { keepTicking() }
  }

  /// Has the exchange do something, and keeps time while anything is under way.
  func change(
    _ body: (inout Exchange, inout SystemRandomNumberGenerator, Duration) -> [ExchangeDirective]
  ) -> [ExchangeDirective] {
    let now = MonotonicClock.now()
    return state.withLock { state in body(&state.exchange, &state.random, now) }
  }

  private func disconnected(_ member: UInt64) {
    guard member != Self.originLink else { return }
    carryOut(
      change { exchange, random, now in
        exchange.disconnected(from: MemberID(rawValue: member), now: now, random: &random)
      })
  }

  /// While the peer drains, it is named to nobody as a source.
  func setDraining(_ isDraining: Bool) {
    state.withLock { $0.exchange.isDraining = isDraining }
  }

  /// The peer stops: nothing is asked any more, and who waits is told so.
  func stop() {
    links.close()
    let waiting = state.withLock { state in
      defer { state.waiting = [:] }
      return state.waiting
    }
    for completion in waiting.values { completion(.failure(.unavailable)) }
  }
}

extension BlockExchange.State {
  mutating func note(_ file: ExchangedFile) {
    if files.count >= BlockExchange.filesLimit, files[file.version] == nil { files = [:] }
    files[file.version] = file
  }
}

extension ExchangedFile {
  init(_ file: BlockFile, blockBytes: Int) {
    self.init(
      version: file.version, handle: Array(file.handle.bytes.readableBytesView), size: file.size,
      blockBytes: blockBytes)
  }
}
