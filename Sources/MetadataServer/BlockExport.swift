import Admin
import BlockCache
import NFSServer
import NFSv4
import NIOCore
import Synchronization
import XDR

/// Serves blocks of exported files to peers: compressed, with their digest.
///
/// A block is compressed when it is asked for first and then kept for a while, so that the peers
/// that ask for it one after the other cost one compression.
final class BlockExport<Tree: FileTree>: Sendable {
  /// Bytes of packed blocks kept.
  static var keptBytes: Int { 128 * 1024 * 1024 }
  /// Bytes of plain blocks in one reply; what is left the peer asks for again.
  static var replyLimitBytes: Int { 4 * 1024 * 1024 }
  static var blockSizes: ClosedRange<UInt32> { 64 * 1024...1024 * 1024 }

  private let tree: Tree
  private let kept: Mutex<MemoryTier>
  let blocks: Counter
  let plainBytes: Counter
  let storedBytes: Counter

  init(tree: Tree, metrics: MetricRegistry) {
    self.tree = tree
    self.kept = Mutex(MemoryTier(limitBytes: Self.keptBytes))
    blocks = metrics.counter("blocks_served", "Blocks sent to peers.")
    plainBytes = metrics.counter(
      "blocks_served_plain_bytes", "Bytes of file data in blocks sent to peers.")
    storedBytes = metrics.counter(
      "blocks_served_stored_bytes", "Bytes that blocks sent to peers took on the network.")
  }

  /// READ_BLOCKS. Blocks on a disk: to be called where blocking is allowed.
  ///
  /// Blocks that begin after the end of the file are left out. All blocks of a reply are of the
  /// version asked for: it is checked before the first is read and after the last.
  func read(_ arguments: READ_BLOCKS1args, for caller: Caller) -> READ_BLOCKS1res {
    do throws(Nfsstat4) {
      return .ok(try blocks(arguments, caller))
    } catch {
      return .refused(error)
    }
  }

  private func blocks(
    _ arguments: READ_BLOCKS1args, _ caller: Caller
  ) throws(Nfsstat4) -> [Block1] {
    let blockBytes = arguments.blockBytes
    guard Self.blockSizes.contains(blockBytes), blockBytes.nonzeroBitCount == 1 else {
      throw .NFS4ERR_INVAL
    }
    let object = try tree.object(arguments.fh, for: caller)
    guard object.type == .NF4REG, tree.mayBeServedByPeers(object) else {
      throw .NFS4ERR_ACCESS
    }
    let file = try tree.openUnchecked(object)
    let version = try tree.version(of: file)
    guard version.change == arguments.change, version.isSettled else { throw .NFS4ERR_NOT_SAME }
    var identity = FileID(hashing: object.handle.bytes)
    identity.low ^= UInt64(blockBytes)
    let fileVersion = FileVersion(file: identity, change: version.change)
    var result: [Block1] = []
    var total = 0
    var packed: [(BlockKey, ByteBuffer)] = []
    for index in arguments.indices {
      let offset = UInt64(index) * UInt64(blockBytes)
      guard offset < version.size else { continue }
      let length = Int(min(UInt64(blockBytes), version.size - offset))
      guard total == 0 || total + length <= Self.replyLimitBytes else { break }
      total += length
      let key = BlockKey(version: fileVersion, index: index)
      if let encoded = kept.withLock({ $0.get(key) }), let block = try? Block1(xdr: encoded) {
        result.append(block)
        continue
      }
      let block = try pack(file, index: index, offset: offset, length: length)
      result.append(block)
      packed.append((key, block.xdr))
    }
    guard try tree.version(of: file) == version else { throw .NFS4ERR_NOT_SAME }
    if !packed.isEmpty {
      kept.withLock { kept in
        for (key, encoded) in packed { kept.insert(encoded, for: key) }
      }
    }
    count(result)
    return result
  }

  private func pack(
    _ file: Tree.OpenFile, index: UInt32, offset: UInt64, length: Int
  ) throws(Nfsstat4) -> Block1 {
    var plain = ByteBufferAllocator().buffer(capacity: length)
    var failure: Nfsstat4?
    plain.writeWithUnsafeMutableBytes(minimumWritableBytes: length) { room in
      var filled = 0
      do throws(Nfsstat4) {
        while filled < length {
          let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled..<length])
          let read = try tree.read(file, at: offset + UInt64(filled), into: rest)
          guard read > 0 else { break }
          filled += read
        }
      } catch {
        failure = error
      }
      return filled
    }
    if let failure { throw failure }
    // Shorter than its size said: it is being changed.
    guard plain.readableBytes == length else { throw .NFS4ERR_NOT_SAME }
    let stored = StoredBlock.packing(plain)
    return Block1(
      index: index, encoding: UInt32(stored.encoding.rawValue), plainBytes: UInt32(length),
      digest: NFSv4.BlockDigest(high: stored.digest.high, low: stored.digest.low),
      bytes: stored.bytes)
  }

  private func count(_ served: [Block1]) {
    blocks.add(served.count)
    for block in served {
      plainBytes.add(Int(block.plainBytes))
      storedBytes.add(block.bytes.readableBytes)
    }
  }
}
