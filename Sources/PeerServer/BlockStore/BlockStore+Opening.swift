import BlockCache
import Glibc
import Logging
import NIOCore

/// How a cache comes back: the checkpoint of each segment, then the records behind it.
extension BlockStore {
  static func open(
    directory path: String, quotaBytes: Int, freeSpaceFloorBytes: Int, logger: Logger,
    options: Options
  ) throws(BlockStoreError) -> BlockStore {
    let least = BlockIndexLimits.leastQuotaBytes
    guard quotaBytes >= least else { throw .quotaTooSmall(bytes: quotaBytes, least: least) }
    var limits = BlockIndexLimits(
      quotaBytes: quotaBytes, freeSpaceFloorBytes: freeSpaceFloorBytes)
    if let segmentBytes = options.segmentBytes {
      limits = BlockIndexLimits(
        quotaBytes: quotaBytes, freeSpaceFloorBytes: freeSpaceFloorBytes,
        segmentBytes: segmentBytes)
    }
    let directory = try BlockStoreDirectory(path: path)
    var recovery = Recovery(
      directory: directory, io: options.io, bytesToVerify: options.verifiedBytes,
      state: State(
        index: BlockIndex(limits: limits), queue: WriteQueue(limitBytes: options.queueBytes)))
    try recovery.run()
    let metadata: Logger.Metadata = [
      "path": "\(path)", "blocks": "\(recovery.state.index.count)",
      "segments": "\(recovery.state.index.segmentCount)", "scanned": "\(recovery.scannedCount)",
      "damaged": "\(recovery.damagedCount)", "tornBytes": "\(recovery.tornBytes)",
    ]
    if recovery.damagedCount > 0 || recovery.tornBytes > 0 {
      logger.warning("the block cache is open without what did not verify", metadata: metadata)
    } else {
      logger.notice("the block cache is open", metadata: metadata)
    }
    let damaged = UInt64(recovery.damagedCount)
    let store = BlockStore(
      directory: directory, state: recovery.state, options: options, logger: logger)
    store.damaged.wrappingAdd(damaged, ordering: .relaxed)
    store.writer.sync { store.settle() }
    return store
  }

  /// One opening. What cannot be opened for want of rights or descriptors ends it; what is open
  /// and does not verify is dropped.
  private struct Recovery {
    let directory: BlockStoreDirectory
    let io: any BlockFileIO
    /// How many more bytes of records are to be verified.
    var bytesToVerify: Int
    var state: State
    var scannedCount = 0
    var damagedCount = 0
    var tornBytes = 0

    mutating func run() throws(BlockStoreError) {
      let numbers = try directory.segments()
      for number in numbers {
        let path = directory.segmentPath(number)
        let file: OpenFile
        do throws(BlockFileError) {
          file = try OpenFile(path: path, flags: O_RDWR | O_NOFOLLOW)
        } catch {
          if error.errno == ENOENT { continue }
          throw .refused(operation: error.operation, path: path, errno: error.errno)
        }
        do throws(BlockFileError) {
          try restore(number, file)
        } catch {
          throw .refused(operation: error.operation, path: path, errno: error.errno)
        }
      }
      state.index.finishRestoring(nextNumber: (numbers.last ?? 0) + 1)
    }

    private mutating func restore(_ number: UInt64, _ file: OpenFile) throws(BlockFileError) {
      var fileBytes = try file.byteCount()
      let bytes = try? io.read(SegmentHeader.encodedBytes, from: file.descriptor, at: 0)
      guard var head = bytes, let header = try? SegmentHeader(decoding: &head),
        header.number == number
      else {
        // Torn before its first record, or another format: nothing in it can be read.
        damagedCount += 1
        try directory.delete(number)
        return
      }
      let checkpoint = readCheckpoint(of: header, fileBytes: fileBytes)
      let from = checkpoint.map { Int($0.coveredBytes) } ?? SegmentHeader.encodedBytes
      let scan = scan(header, file, from: from, fileBytes: fileBytes)
      if scan.endOffset < fileBytes {
        if !isPadding(file, from: scan.endOffset, to: fileBytes) {
          tornBytes += fileBytes - scan.endOffset
        }
        if (try? io.truncate(file.descriptor, to: scan.endOffset)) != nil {
          fileBytes = scan.endOffset
        }
      }
      scannedCount += scan.recordCount
      damagedCount += scan.damagedCount
      let isCheckpointed = checkpoint != nil && scan.recordCount == 0
      _ = state.index.restore(
        header, queue: checkpoint?.queue ?? header.queue, bytes: fileBytes,
        recordCount: Int(checkpoint?.recordCount ?? 0) + scan.recordCount,
        blocks: (checkpoint?.blocks ?? []) + scan.blocks, isCheckpointed: isCheckpointed)
      state.files[number] = SegmentFile(header: header, file: file)
    }

    /// Zeros to the end of a page are behind the last record of every segment that was written
    /// to: see `DirectTail`.
    private func isPadding(_ file: OpenFile, from offset: Int, to end: Int) -> Bool {
      guard end - offset < DirectTail.pageBytes,
        let bytes = try? io.read(end - offset, from: file.descriptor, at: offset)
      else { return false }
      return bytes.readableBytesView.allSatisfy { $0 == 0 }
    }

    /// The segment's checkpoint, if it is whole and the segment is at least as long as it says.
    private func readCheckpoint(of header: SegmentHeader, fileBytes: Int) -> SegmentCheckpoint? {
      guard
        let file = try? OpenFile(
          path: directory.checkpointPath(header.number), flags: O_RDONLY | O_NOFOLLOW),
        let byteCount = try? file.byteCount(), byteCount <= SegmentCheckpoint.longestBytes,
        let bytes = try? io.read(byteCount, from: file.descriptor, at: 0),
        let checkpoint = try? SegmentCheckpoint(decoding: bytes, of: header),
        Int(checkpoint.coveredBytes) <= fileBytes
      else { return nil }
      return checkpoint
    }

    private mutating func scan(
      _ header: SegmentHeader, _ file: OpenFile, from offset: Int, fileBytes: Int
    ) -> SegmentScan {
      var scan = SegmentScan(of: header, from: offset, fileBytes: fileBytes)
      while true {
        switch scan.step {
        case .header(let offset):
          let bytes = try? io.read(
            RecordHeader.encodedBytes, from: file.descriptor, at: offset)
          scan.take(header: bytes ?? ByteBuffer(), verifying: bytesToVerify > 0)
        case .payload(let offset, let byteCount):
          let bytes = try? io.read(byteCount, from: file.descriptor, at: offset)
          scan.take(payload: bytes ?? ByteBuffer())
          bytesToVerify -= byteCount
        case .finished:
          return scan
        }
      }
    }
  }
}
