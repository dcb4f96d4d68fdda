import BlockCache
import NFSv4
import NIOCore
import NIOPosix
import Synchronization

/// Blocks from wherever they are nearest: RAM, disk, other peers, the metadata server.
///
///     memory ── hit ─▶ at once
///        │ miss
///     flight (one for a block, however many wait) ─▶ disk ── hit, verified ─▶ memory, waiters
///                                                     │ miss, damaged
///                                                     ▼
///                                   BlockExchange, which verifies and keeps it ─▶ waiters
///
/// A flight outlives those who wait for it: what was asked for arrives in the cache even when the
/// READ that needed it has been answered otherwise.
final class BlockReader: Sendable {
  typealias Completion = @Sendable (Result<LoadedBlock, BlockFailure>) -> Void

  struct Limits: Sendable {
    /// READs that wait for one block; more are refused.
    var waiters = 4096
    /// Blocks on their way for which nobody waits; more are not fetched ahead.
    var aheadBlocks = 1024
    /// Blocks on their way.
    var flights = 8192
  }

  private struct Flight: Sendable {
    var waiters: [Completion]
    /// Nobody waited when it began.
    var isAhead: Bool
    /// It was not on disk.
    var isFetching = false
  }

  private struct State: Sendable {
    var flights: [BlockKey: Flight] = [:]
    var aheadCount = 0
  }

  let blockBytes: Int
  let memory: MemoryShards
  private let store: BlockStore
  private let exchange: BlockExchange
  private let threads: NIOThreadPool
  private let counters: PeerCounters
  private let limits: Limits
  private let state = Mutex(State())

  init(
    blockBytes: Int, memory: MemoryShards, store: BlockStore, exchange: BlockExchange,
    threads: NIOThreadPool, counters: PeerCounters, limits: Limits = Limits()
  ) {
    self.blockBytes = blockBytes
    self.memory = memory
    self.store = store
    self.exchange = exchange
    self.threads = threads
    self.counters = counters
    self.limits = limits
  }

  /// A block that is in RAM.
  func inMemory(_ index: UInt32, of file: BlockFile) -> ByteBuffer? {
    let plain = memory.get(BlockKey(version: file.version, index: index))
    guard let plain, isWhole(plain, index, of: file) else { return nil }
    return plain
  }

  /// Gets a block.
  /// - Parameter completion: called once, now or later, on any thread.
  func load(_ index: UInt32, of file: BlockFile, completion: @escaping Completion) {
    if let plain = inMemory(index, of: file) {
      return completion(.success(LoadedBlock(bytes: plain, source: .memory)))
    }
    let key = BlockKey(version: file.version, index: index)
    enum Role { case leads, waits, waitsForFetch, refused }
    let role = state.withLock { state -> Role in
      if let flight = state.flights[key] {
        guard flight.waiters.count < limits.waiters else { return .refused }
        state.flights[key]?.waiters.append(completion)
        return flight.isFetching && flight.waiters.isEmpty ? .waitsForFetch : .waits
      }
      guard state.flights.count < limits.flights else { return .refused }
      state.flights[key] = Flight(waiters: [completion], isAhead: false)
      return .leads
    }
    switch role {
    case .leads: start(key, of: file)
    case .waits: return
    case .waitsForFetch: exchange.promote(index, of: file)
    case .refused: completion(.failure(.unavailable))
    }
  }

  /// Does something off the event loops, soon.
  func later(_ body: @escaping @Sendable () -> Void) { threads.submit { _ in body() } }

  /// Gets blocks that somebody is likely to want.
  func prefetch(_ indices: Range<UInt32>, of file: BlockFile) {
    for index in indices {
      let key = BlockKey(version: file.version, index: index)
      guard !memory.contains(key) else { continue }
      let isMine = state.withLock { state in
        guard state.flights[key] == nil, state.aheadCount < limits.aheadBlocks,
          state.flights.count < limits.flights
        else { return false }
        state.flights[key] = Flight(waiters: [], isAhead: true)
        state.aheadCount += 1
        return true
      }
      if isMine { start(key, of: file) }
    }
  }

  private func isWhole(_ plain: ByteBuffer, _ index: UInt32, of file: BlockFile) -> Bool {
    plain.readableBytes == file.plainBytes(ofBlock: index, blockBytes: blockBytes)
  }

  private func start(_ key: BlockKey, of file: BlockFile) {
    let recent = exchange.recentBlock(key)
    guard recent != nil || store.contains(key) else { return fetch(key, of: file) }
    threads.submit { work in
      guard work == .active, let (plain, source) = self.held(recent, key, of: file) else {
        return self.fetch(key, of: file)
      }
      self.memory.insert(plain, for: key)
      self.finish(key, .success(LoadedBlock(bytes: plain, source: source)))
    }
  }

  /// Blocks for the disk, unless the block arrived a moment ago.
  private func held(
    _ recent: StoredBlock?, _ key: BlockKey, of file: BlockFile
  ) -> (ByteBuffer, BlockSource)? {
    if let plain = try? recent?.unpacked(), isWhole(plain, key.index, of: file) {
      return (plain, .memory)
    }
    return fromDisk(key, of: file).map { ($0, .disk) }
  }

  /// Blocks for the disk.
  private func fromDisk(_ key: BlockKey, of file: BlockFile) -> ByteBuffer? {
    guard let stored = store.read(key) else { return nil }
    do throws(BlockError) {
      let plain = try stored.unpacked()
      if isWhole(plain, key.index, of: file) { return plain }
    } catch {}
    store.drop(key)
    return nil
  }

  private func fetch(_ key: BlockKey, of file: BlockFile) {
    let isDemand = state.withLock { state in
      state.flights[key]?.isFetching = true
      return state.flights[key]?.waiters.isEmpty == false
    }
    exchange.fetch(key.index, of: file, isDemand: isDemand) { self.finish(key, $0) }
  }

  private func finish(_ key: BlockKey, _ result: Result<LoadedBlock, BlockFailure>) {
    let waiters = state.withLock { state -> [Completion] in
      guard let flight = state.flights.removeValue(forKey: key) else { return [] }
      if flight.isAhead { state.aheadCount -= 1 }
      return flight.waiters
    }
    for waiter in waiters { waiter(result) }
  }
}
