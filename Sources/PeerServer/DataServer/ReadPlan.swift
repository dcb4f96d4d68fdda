import BlockCache
import NFSv4
import NIOCore
import XDR

/// One READ of a COMPOUND: what was asked, and what is known so far of the answer.
struct ReadPlan: Sendable {
  /// The answer.
  enum Outcome: Sendable {
    case data([ByteBuffer], eof: Bool)
    case refused(Nfsstat4)
  }

  /// The filehandle as the client presents it; nil without one.
  var handle: NfsFh4?
  var arguments: READ4args
  var key: GrantKey?
  var grant: Grant?
  /// The blocks of the range, from `firstBlock`; nil where one is not there yet.
  var blocks: [ByteBuffer?] = []
  var sources: [BlockSource] = []
  var firstBlock: UInt32 = 0
  /// Set when nothing more can change it.
  var refusal: Nfsstat4?

  init(handle: NfsFh4?, arguments: READ4args) {
    self.handle = handle
    self.arguments = arguments
  }

  /// Bytes that are read: the count that was asked for, as far as the file and `limitBytes` go.
  func byteCount(size: UInt64, limitBytes: Int) -> Int {
    guard arguments.offset < size else { return 0 }
    return Int(min(UInt64(arguments.count), size - arguments.offset, UInt64(limitBytes)))
  }

  /// The blocks that the range touches; nil when it is empty. Blocks beyond 2^32 have no names.
  func blockRange(size: UInt64, blockBytes: Int, limitBytes: Int) -> ClosedRange<UInt32>? {
    let count = byteCount(size: size, limitBytes: limitBytes)
    guard count > 0 else { return nil }
    let first = arguments.offset / UInt64(blockBytes)
    let last = (arguments.offset + UInt64(count) - 1) / UInt64(blockBytes)
    guard let first = UInt32(exactly: first), let last = UInt32(exactly: last) else { return nil }
    return first...last
  }

  /// The answer, cut from the blocks.
  func outcome(blockBytes: Int, limitBytes: Int) -> Outcome {
    if let refusal { return .refused(refusal) }
    guard let grant else { return .refused(.NFS4ERR_PNFS_NO_LAYOUT) }
    let size = grant.file.size
    let count = byteCount(size: size, limitBytes: limitBytes)
    // An offset so large that the end would not fit is at or behind the end of the file.
    let eof = arguments.offset >= size || arguments.offset + UInt64(count) >= size
    guard count > 0 else { return .data([], eof: eof) }
    var slices: [ByteBuffer] = []
    slices.reserveCapacity(blocks.count)
    var left = count
    var start = Int(arguments.offset - UInt64(firstBlock) * UInt64(blockBytes))
    for block in blocks {
      guard let block else { return .refused(.NFS4ERR_PNFS_NO_LAYOUT) }
      let length = min(left, block.readableBytes - start)
      guard length > 0, let slice = block.getSlice(at: block.readerIndex + start, length: length)
      else { return .refused(.NFS4ERR_PNFS_NO_LAYOUT) }
      slices.append(slice)
      left -= length
      start = 0
    }
    guard left == 0 else { return .refused(.NFS4ERR_PNFS_NO_LAYOUT) }
    return .data(slices, eof: eof)
  }
}

extension ReadPlan {
  /// Finds the READs among the operations that are still to be run, without running any. Stops at
  /// operations a data server does not run, as the COMPOUND will.
  static func lookAhead(_ decoder: XDRDecoder, operations: Int) -> [ReadPlan] {
    var decoder = decoder
    var plans: [ReadPlan] = []
    var handle: NfsFh4?
    for _ in 0..<operations {
      guard let number = try? decoder.uint32(), let opnum = NfsOpnum4(rawValue: number) else {
        break
      }
      switch opnum {
      case .OP_PUTFH:
        guard let arguments = try? PUTFH4args(from: &decoder) else { return plans }
        handle = arguments.object
      case .OP_READ:
        guard let arguments = try? READ4args(from: &decoder) else { return plans }
        plans.append(ReadPlan(handle: handle, arguments: arguments))
      default: return plans
      }
    }
    return plans
  }
}
