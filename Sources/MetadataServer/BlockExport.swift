import Admin
import BlockCache
import NFSServer
import NFSv4
import NIOCore
import Placement
import Synchronization
import XDR

/// Reads blocks of exported files for peers: compressed, with their digest and the seal that says
/// that it is theirs.
///
/// A block is packed when it is asked for first and then kept for a while, so that peers that ask
/// for it one after the other cost one compression.
final class BlockExport<Tree: FileTree>: Sendable {
  /// Bytes of packed blocks kept.
  static var keptBytes: Int { 128 * 1024 * 1024 }

  /// Why a block is not given.
  enum Failure: Error, Hashable {
    /// No such file, or it has another version now.
    case gone
    /// Not a file that peers may keep, or no such block.
    case refused
    /// Not now.
    case busy
  }

  private let tree: Tree
  private let signer: BlockSigner
  private let kept: Mutex<MemoryTier>
  let blocks: Counter
  let plainBytes: Counter
  let storedBytes: Counter

  init(tree: Tree, signer: BlockSigner, metrics: MetricRegistry) {
    self.tree = tree
    self.signer = signer
    self.kept = Mutex(MemoryTier(limitBytes: Self.keptBytes))
    blocks = metrics.counter("blocks_served", "Blocks sent to peers.")
    plainBytes = metrics.counter(
      "blocks_served_plain_bytes", "Bytes of file data in blocks sent to peers.")
    storedBytes = metrics.counter(
      "blocks_served_stored_bytes", "Bytes that blocks sent to peers took on the network.")
  }

  /// What verifies the seals.
  var sealKey: [UInt8] { signer.publicKey }

  /// A block of one version of a file. Blocks on a disk: to be called where blocking is allowed.
  ///
  /// The version is checked before the block is read and after.
  func read(
    _ file: ExchangedFile, _ index: UInt32, for caller: Caller
  ) throws(Failure) -> Block1 {
    let opened: (file: Tree.OpenFile, version: ContentVersion)
    do throws(Nfsstat4) {
      let object = try tree.object(NfsFh4(ByteBuffer(bytes: file.handle)), for: caller)
      guard object.type == .NF4REG, tree.mayBeServedByPeers(object) else { throw .NFS4ERR_ACCESS }
      let openFile = try tree.openUnchecked(object)
      opened = (openFile, try tree.version(of: openFile))
    } catch {
      throw Self.failure(error)
    }
    guard opened.version.change == file.version.change, opened.version.isSettled else {
      throw .gone
    }
    let offset = UInt64(index) * UInt64(file.blockBytes)
    guard offset < opened.version.size else { throw .refused }
    let length = Int(min(UInt64(file.blockBytes), opened.version.size - offset))
    let key = BlockKey(version: file.version, index: index)
    let block: Block1
    if let encoded = kept.withLock({ $0.get(key) }), let packed = try? Block1(xdr: encoded) {
      block = packed
    } else {
      block = try pack(opened.file, key, offset: offset, length: length)
      do throws(Nfsstat4) {
        guard try tree.version(of: opened.file) == opened.version else { throw .NFS4ERR_STALE }
      } catch {
        throw Self.failure(error)
      }
      kept.withLock { $0.insert(block.xdr, for: key) }
    }
    blocks.add(1)
    plainBytes.add(Int(block.plainBytes))
    storedBytes.add(block.bytes.readableBytes)
    return block
  }

  private static func failure(_ status: Nfsstat4) -> Failure {
    switch status {
    case .NFS4ERR_STALE, .NFS4ERR_BADHANDLE, .NFS4ERR_NOENT: .gone
    case .NFS4ERR_ACCESS, .NFS4ERR_PERM, .NFS4ERR_INVAL, .NFS4ERR_ISDIR, .NFS4ERR_WRONG_TYPE:
      .refused
    default: .busy
    }
  }

  private func pack(
    _ file: Tree.OpenFile, _ key: BlockKey, offset: UInt64, length: Int
  ) throws(Failure) -> Block1 {
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
    if let failure { throw Self.failure(failure) }
    // Shorter than its size said: it is being changed.
    guard plain.readableBytes == length else { throw .gone }
    let stored = StoredBlock.packing(plain)
    guard let seal = signer.seal(key, plainBytes: length, digest: stored.digest) else {
      throw .busy
    }
    var sealBytes = ByteBuffer()
    seal.write(to: &sealBytes)
    return Block1(
      index: key.index, encoding: UInt32(stored.encoding.rawValue),
      plainBytes: UInt32(clamping: length),
      digest: NFSv4.BlockDigest(high: stored.digest.high, low: stored.digest.low),
      seal: sealBytes, bytes: stored.bytes)
  }
}
