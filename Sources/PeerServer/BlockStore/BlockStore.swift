public import BlockCache
import Dispatch
import Glibc
import NIOCore
public import Logging
import Synchronization

/// A peer's disk cache: the files under a `BlockIndex`, and the one writer that carries out its
/// steps.
///
///     enqueue → WriteQueue → writer (one serial queue): BlockIndex.step → files
///     read    → WriteQueue, else BlockIndex → pread → both checksums and the key → StoredBlock
///
/// A reader is never failed by the disk. A record that is not what was written is forgotten and
/// counted; a disk that is full or fails makes the store *pass through*: nothing is written, with
/// one warning, until a retry succeeds. What is not stored is fetched from elsewhere again.
///
/// Memory: the index (see there), the queue's bytes, and one record for each running read.
public final class BlockStore: Sendable {
  /// What a store can be opened with beyond the quota; tests choose others.
  struct Options: Sendable {
    /// How many bytes of blocks may wait for the writer.
    var queueBytes = 64 << 20
    /// How long nothing is written after the disk failed.
    var retryAfter = Duration.seconds(30)
    /// How many bytes of records are verified when the cache is opened; of the rest only the
    /// headers are, and the bytes when they are read.
    var verifiedBytes = 256 << 20
    /// The length of a segment, where it is not left to the quota.
    var segmentBytes: Int?
    var io: any BlockFileIO = SystemBlockFileIO()
  }

  struct State: Sendable {
    var index: BlockIndex
    var queue: WriteQueue
    var files: [UInt64: SegmentFile] = [:]
    /// Records whose block was removed, to be marked on disk; at most one for each record.
    var marks: [BlockLocation] = []
    var isWriterScheduled = false
    var isClosed = false
    /// Set while the store passes through: when the disk is tried again.
    var retryAt: ContinuousClock.Instant?
  }

  let directory: BlockStoreDirectory
  let state: Mutex<State>
  let options: Options
  let logger: Logger
  let writer = DispatchQueue(label: "p2pnfs.BlockStore")
  let hits = Atomic<UInt64>(0)
  let misses = Atomic<UInt64>(0)
  let writes = Atomic<UInt64>(0)
  let drops = Atomic<UInt64>(0)
  let damaged = Atomic<UInt64>(0)

  init(directory: BlockStoreDirectory, state: consuming State, options: Options, logger: Logger) {
    self.directory = directory
    self.state = Mutex(state)
    self.options = options
    self.logger = logger
  }

  /// Opens the cache in `directory`, which is created (mode 0700) if only its last component is
  /// missing, and held exclusively until ``close()``. Blocks the caller: for as long as it takes
  /// to read the checkpoints and the headers of the records behind them. All files together take
  /// at most `quotaBytes`, at least 1 MiB; nothing is written while the file system has less than
  /// `freeSpaceFloorBytes` free. What does not verify is dropped and logged.
  public static func open(
    directory: String, quotaBytes: Int, freeSpaceFloorBytes: Int, logger: Logger
  ) throws(BlockStoreError) -> BlockStore {
    try open(
      directory: directory, quotaBytes: quotaBytes, freeSpaceFloorBytes: freeSpaceFloorBytes,
      logger: logger, options: Options())
  }

  /// Whether the block is held, waiting to be written or on disk. Never blocks for the disk.
  public func contains(_ key: BlockKey) -> Bool {
    state.withLock { state in
      !state.isClosed && (state.queue.block(for: key) != nil || state.index.contains(key))
    }
  }

  /// Every block that is held on disk, in no order: what to tell others after a start. Takes
  /// memory for all of the keys.
  public func heldKeys() -> [BlockKey] {
    state.withLock { state in state.isClosed ? [] : state.index.keys }
  }

  /// Which blocks went since the last call: evicted, removed, damaged. Nil: more than are
  /// remembered, and `heldKeys` says what is left.
  func takeForgotten() -> [BlockKey]? { state.withLock { $0.index.takeForgotten() } }

  /// The block, or nil. Blocks the caller for the disk. The record's checksums and its key are
  /// verified here; the digest is the caller's to verify by unpacking, and ``drop(_:)`` is for a
  /// block that fails it.
  public func read(_ key: BlockKey) -> StoredBlock? {
    guard let block = find(key) else {
      misses.wrappingAdd(1, ordering: .relaxed)
      return nil
    }
    hits.wrappingAdd(1, ordering: .relaxed)
    return block
  }

  /// Lets the writer store `block`, unless it is held already. Never blocks: where too many bytes
  /// wait already, or the disk is full or fails, the block is dropped and counted.
  public func enqueue(_ block: StoredBlock, for key: BlockKey) {
    let isAccepted = state.withLock { state in
      if state.isClosed || state.index.contains(key) || state.queue.block(for: key) != nil {
        return true
      }
      return !state.isPassingThrough && state.queue.offer(block, for: key)
    }
    if isAccepted { scheduleWriter() } else { drops.wrappingAdd(1, ordering: .relaxed) }
  }

  /// Forgets one block whose bytes turned out not to have its digest, and counts it as damaged.
  public func drop(_ key: BlockKey) {
    state.withLock { state in
      state.queue.remove { $0 == key }
      if let location = state.index.remove(key) { state.marks.append(location) }
    }
    damaged.wrappingAdd(1, ordering: .relaxed)
    scheduleWriter()
  }

  /// Forgets every block of every version of `file`, now and on disk.
  public func remove(file: FileID) {
    state.withLock { state in
      state.queue.remove { $0.version.file == file }
      state.marks += state.index.remove(file: file)
    }
    scheduleWriter()
  }

  /// Forgets every block of `version`, now and on disk.
  public func remove(version: FileVersion) {
    state.withLock { state in
      state.queue.remove { $0.version == version }
      state.marks += state.index.remove(version: version)
    }
    scheduleWriter()
  }

  /// Writes down where blocks are that no checkpoint names yet, so that opening the cache after a
  /// crash need not look for them. Blocks the caller, also for what waits to be written.
  public func checkpoint() {
    writer.sync {
      settle()
      writeCheckpoints(includingVisits: false)
    }
  }

  /// Writes what waits and a checkpoint of everything, and lets another process have the cache.
  /// Blocks the caller. Afterwards nothing is held; a second call does nothing.
  public func close() {
    writer.sync {
      guard !state.withLock({ $0.isClosed }) else { return }
      while drain() {}
      settle()
      writeCheckpoints(includingVisits: true)
      state.withLock { state in
        state.isClosed = true
        state.files = [:]
      }
      directory.unlock()
    }
  }

  /// What is held now, and the counters since the store was opened.
  public var statistics: BlockStoreStatistics {
    var statistics = state.withLock { state in
      var statistics = BlockStoreStatistics()
      statistics.blocks = state.index.count + state.queue.count
      statistics.bytes = state.index.chargedBytes
      statistics.liveBytes = state.index.liveBytes
      statistics.segments = state.index.segmentCount
      statistics.waitingBytes = state.queue.bytes
      statistics.evicted = state.index.evictedCount
      statistics.moved = state.index.movedCount
      statistics.passThrough = state.retryAt != nil
      return statistics
    }
    statistics.hits = hits.load(ordering: .relaxed)
    statistics.misses = misses.load(ordering: .relaxed)
    statistics.writes = writes.load(ordering: .relaxed)
    statistics.drops = drops.load(ordering: .relaxed)
    statistics.damaged = damaged.load(ordering: .relaxed)
    return statistics
  }

  private enum Found {
    case waiting(StoredBlock)
    case onDisk(BlockLocation, SegmentFile)
    case nowhere
  }

  private func find(_ key: BlockKey) -> StoredBlock? {
    let found = state.withLock { state -> Found in
      if let block = state.queue.block(for: key) { return .waiting(block) }
      guard let location = state.index.visit(key), let file = state.files[location.segment]
      else { return .nowhere }
      return .onDisk(location, file)
    }
    switch found {
    case .waiting(let block): return block
    case .nowhere: return nil
    case .onDisk(let location, let file):
      do throws(BlockFileError) {
        let record = try options.io.read(
          location.recordBytes, from: file.file.descriptor, at: location.offset)
        do throws(RecordError) {
          return try StoredBlock(record: record, key: key, in: file.header)
        } catch {
          forget(key, at: location, isDamaged: error != .removed)
        }
      } catch {
        forget(key, at: location, isDamaged: true)
        passThrough(after: error)
      }
      return nil
    }
  }

  /// Forgets a block that could not be read, unless it went or moved while it was.
  func forget(_ key: BlockKey, at location: BlockLocation, isDamaged: Bool) {
    let isGone = state.withLock { state in
      guard state.index.remove(key, at: location) else { return false }
      state.marks.append(location)
      return true
    }
    guard isGone else { return }
    if isDamaged { damaged.wrappingAdd(1, ordering: .relaxed) }
    scheduleWriter()
  }
}

extension BlockStore.State {
  /// The disk failed, and is not to be tried again yet.
  var isPassingThrough: Bool {
    guard let retryAt else { return false }
    return ContinuousClock.now < retryAt
  }
}
