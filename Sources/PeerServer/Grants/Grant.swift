import BlockCache
import NFSv4
import NIOCore
import ONCRPC

/// Whose READ of which file: what the metadata server was, or has to be, asked about.
struct GrantKey: Hashable, Sendable {
  /// The client's ID at this data server: unique for owner and verifier.
  var client: Clientid4
  /// The stateid of the READ without its seqid, which stock clients leave 0.
  var stateid: StateidOther
  /// The filehandle as the client presents it, routing cookie included.
  var handle: NfsFh4
  /// Who reads.
  var principal: RPCPrincipal
}

/// A file as blocks of it are fetched and cached: one version of it.
struct BlockFile: Hashable, Sendable {
  /// The metadata server's own filehandle, in storage of its own.
  var handle: NfsFh4
  /// Which file it is, whatever its version.
  var id: FileID
  /// What the cache knows it by. Blocks of another size are another file to it: at the same index
  /// they hold other bytes, and may be as long.
  var version: FileVersion
  /// Bytes.
  var size: UInt64

  init(handle: NfsFh4, change: Changeid4, size: UInt64, blockBytes: Int) {
    self.handle = handle.detached()
    id = FileID(hashing: handle.bytes)
    version = FileVersion(
      file: FileID(high: id.high, low: id.low ^ UInt64(blockBytes)), change: change)
    self.size = size
  }

  /// Bytes of the block at `index`: a block's worth, or what is left of the file; 0 behind it.
  func plainBytes(ofBlock index: UInt32, blockBytes: Int) -> Int {
    let start = UInt64(index) * UInt64(blockBytes)
    guard start < size else { return 0 }
    return Int(min(UInt64(blockBytes), size - start))
  }

  /// How many blocks the file has; those beyond 2^32 cannot be named and are left out.
  func blockCount(blockBytes: Int) -> UInt32 {
    let count = size / UInt64(blockBytes) + (size % UInt64(blockBytes) == 0 ? 0 : 1)
    return UInt32(clamping: count)
  }
}

/// What the metadata server allowed by PROXY_OPEN.
struct Grant: Sendable {
  /// Unique within the process: tells a grant from a later one under the same key.
  var id: UInt64
  var file: BlockFile
  /// The client's ID at the metadata server.
  var clientid: Clientid4
  /// The name of the grant in CB_PROXY_REVOKE.
  var proxyStateid: StateidOther
  /// After this, on the process's monotonic clock, the metadata server has to be asked again.
  var expires: Duration
}
