import BlockCache
import Dispatch
import Glibc
import Logging
import NIOCore
import Synchronization

/// The writer: everything here runs on its queue, one thing after the other, but
/// ``scheduleWriter()`` and ``passThrough(after:)``.
extension BlockStore {
  /// Sees to it that the writer runs.
  func scheduleWriter() {
    let isNeeded = state.withLock { state in
      guard !state.isWriterScheduled, !state.isClosed else { return false }
      state.isWriterScheduled = true
      return true
    }
    guard isNeeded else { return }
    writer.async { [self] in
      state.withLock { $0.isWriterScheduled = false }
      guard !state.withLock({ $0.isClosed }) else { return }
      settle()
      if drain() { scheduleWriter() }
    }
  }

  /// Writes some of the blocks that wait, and says whether more may.
  func drain() -> Bool {
    for _ in 0..<64 {
      guard let (key, block) = state.withLock({ $0.queue.take() }) else { return false }
      let isStored = store(block, for: key)
      let isWanted = state.withLock { $0.queue.finish() }
      if !isStored, isWanted { drops.wrappingAdd(1, ordering: .relaxed) }
      applyMarks()
    }
    return true
  }

  /// Marks what was removed, and carries out what the index wants without a block.
  func settle() {
    applyMarks()
    while true {
      let step = state.withLock { $0.index.step(for: nil, diskFreeBytes: .max) }
      guard carryOut(step) else { return }
    }
  }

  /// Stores one block, and says whether it is on disk now or was before.
  private func store(_ block: StoredBlock, for key: BlockKey) -> Bool {
    guard !state.withLock({ $0.isPassingThrough }),
      let header = RecordHeader(of: block, key: key)
    else { return false }
    while true {
      let freeBytes: Int
      do throws(BlockFileError) {
        freeBytes = try options.io.freeBytes(of: directory.descriptor)
      } catch {
        passThrough(after: error)
        return false
      }
      let step = state.withLock { state in
        state.index.step(for: (key, header.recordBytes), diskFreeBytes: freeBytes)
      }
      switch step {
      case .append(let location):
        return append(header, block.bytes, at: location)
      case .present:
        return true
      case .refuse(.belowFreeSpaceFloor):
        passThrough(after: BlockFileError(operation: "free space floor", errno: ENOSPC))
        return false
      case .refuse, .idle:
        return false
      case .create, .move, .seal, .discard:
        guard carryOut(step) else { return false }
      }
    }
  }

  private func append(
    _ header: RecordHeader, _ payload: ByteBuffer, at location: BlockLocation
  ) -> Bool {
    guard write(header, payload, at: location) else { return false }
    let isWanted = state.withLock { state in
      // Removed while it was written: the removal must win.
      guard state.queue.block(for: header.key) != nil else {
        state.index.appendedDead(at: location)
        state.marks.append(location)
        return false
      }
      state.marks += state.index.appended(header.key, at: location)
      return true
    }
    if isWanted { writes.wrappingAdd(1, ordering: .relaxed) }
    succeeded()
    return true
  }

  /// Carries out one step that needs no block, and says whether to go on.
  private func carryOut(_ step: BlockIndexStep) -> Bool {
    switch step {
    case .create(let number, let queue): return create(number, queue)
    case .move(let move): return copy(move)
    case .seal(let number):
      writeCheckpoint(of: number)
      return true
    case .discard(let number):
      do throws(BlockFileError) {
        try directory.delete(number)
      } catch {
        state.withLock { $0.index.notDiscarded(number) }
        passThrough(after: error)
        return false
      }
      state.withLock { state in
        state.index.discarded(number)
        state.files[number] = nil
      }
      return true
    case .append, .present, .refuse, .idle: return false
    }
  }

  private func create(_ number: UInt64, _ queue: SegmentQueue) -> Bool {
    var generator = SystemRandomNumberGenerator()
    let header = SegmentHeader(number: number, queue: queue, salt: generator.next())
    do throws(BlockFileError) {
      let file = try OpenFile(
        path: directory.segmentPath(number), flags: O_RDWR | O_CREAT | O_EXCL)
      do throws(BlockFileError) {
        try options.io.write(header.encoded(), ByteBuffer(), to: file.descriptor, at: 0)
      } catch {
        unlink(directory.segmentPath(number))
        throw error
      }
      state.withLock { state in
        state.index.created(header)
        state.files[number] = SegmentFile(header: header, file: file)
      }
      return true
    } catch {
      passThrough(after: error)
      return false
    }
  }

  /// Copies a record under its new segment's header. One that cannot be read is left behind.
  private func copy(_ move: BlockMove) -> Bool {
    let source = state.withLock { $0.files[move.source.segment] }
    guard let source, let (header, payload) = readRecord(move, from: source) else {
      state.withLock { $0.index.notMoved(move) }
      damaged.wrappingAdd(1, ordering: .relaxed)
      return true
    }
    guard write(header, payload, at: move.target) else {
      state.withLock { $0.index.notMoved(move) }
      return false
    }
    state.withLock { state in
      if !state.index.moved(move) { state.marks.append(move.target) }
    }
    return true
  }

  private func readRecord(
    _ move: BlockMove, from source: SegmentFile
  ) -> (RecordHeader, ByteBuffer)? {
    let record = try? options.io.read(
      move.source.recordBytes, from: source.file.descriptor, at: move.source.offset)
    guard var payload = record,
      let header = try? RecordHeader(decoding: &payload, in: source.header),
      header.key == move.key, !header.isRemoved, header.recordBytes == move.source.recordBytes,
      header.verifies(payload)
    else { return nil }
    return (header, payload)
  }

  /// Writes a record, whole or, as far as the index is concerned, not at all.
  private func write(
    _ header: RecordHeader, _ payload: ByteBuffer, at location: BlockLocation
  ) -> Bool {
    let (segment, waitingBytes) = state.withLock {
      ($0.files[location.segment], $0.queue.bytes)
    }
    guard let segment else { return false }
    do throws(BlockFileError) {
      try options.io.append(
        header.encoded(in: segment.header), payload, to: segment.file, at: location.offset,
        isHurried: waitingBytes > options.queueBytes / 4)
      return true
    } catch {
      // Half a record must not stay where the next one is going to be.
      do throws(BlockFileError) {
        try options.io.truncate(segment.file.descriptor, to: location.offset)
      } catch {
        state.withLock { $0.index.abandon(location.segment) }
      }
      passThrough(after: error)
      return false
    }
  }

  /// Marks on disk the records of blocks that were removed. That a mark cannot be written is no
  /// more than a block that comes back after a restart.
  private func applyMarks() {
    let marks = state.withLock { state in
      let marks = state.marks.compactMap { mark in
        state.files[mark.segment].map { ($0.file, mark.offset) }
      }
      state.marks = []
      return marks
    }
    let removed = ByteBuffer(integer: RecordHeader.removedState)
    for (file, offset) in marks {
      try? options.io.writeThroughCache(
        removed, ByteBuffer(), to: file, at: offset + RecordHeader.stateOffset)
    }
  }

  /// Writes the checkpoints that are out of date, until one cannot be written.
  func writeCheckpoints(includingVisits: Bool) {
    let numbers = state.withLock {
      $0.index.outdatedCheckpoints(includingVisits: includingVisits)
    }
    for number in numbers {
      guard writeCheckpoint(of: number) else { return }
    }
  }

  @discardableResult
  private func writeCheckpoint(of number: UInt64) -> Bool {
    guard let (checkpoint, salt) = state.withLock({ $0.index.checkpoint(of: number) }) else {
      return true
    }
    let bytes = checkpoint.encoded(salt: salt)
    let path = directory.newCheckpointPath(number)
    do throws(BlockFileError) {
      let file = try OpenFile(path: path, flags: O_WRONLY | O_CREAT | O_TRUNC)
      try options.io.write(bytes, ByteBuffer(), to: file.descriptor, at: 0)
      try file.synchronize()
      guard rename(path, directory.checkpointPath(number)) == 0 else {
        throw BlockFileError(operation: "rename", errno: errno)
      }
      return true
    } catch {
      unlink(path)
      state.withLock { $0.index.notCheckpointed(number) }
      passThrough(after: error)
      return false
    }
  }

  /// The disk is full or fails: nothing is written for a while, and the first time is worth a
  /// warning.
  func passThrough(after error: BlockFileError) {
    let isNews = state.withLock { state in
      defer { state.retryAt = ContinuousClock.now + options.retryAfter }
      return state.retryAt == nil
    }
    guard isNews else { return }
    logger.warning(
      "the block cache's disk is full or fails: blocks are not stored until it recovers",
      metadata: [
        "path": "\(directory.path)", "operation": "\(error.operation)",
        "error": "\(String(cString: strerror(error.errno)))",
      ])
  }

  private func succeeded() {
    let isNews = state.withLock { state in
      defer { state.retryAt = nil }
      return state.retryAt != nil
    }
    guard isNews else { return }
    logger.notice("the block cache stores blocks again", metadata: ["path": "\(directory.path)"])
  }
}
