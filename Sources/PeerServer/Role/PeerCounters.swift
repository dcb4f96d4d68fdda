import NFSv4
import Synchronization

/// What a peer did since it started.
final class PeerCounters: Sendable {
  let readCount = Atomic<Int>(0)
  let readBytes = Atomic<Int>(0)
  let memoryBytes = Atomic<Int>(0)
  let diskBytes = Atomic<Int>(0)
  let peerBytes = Atomic<Int>(0)
  let mdsBytes = Atomic<Int>(0)
  /// Bytes as they came from the metadata server: packed, read ahead included.
  let fetchedBytes = Atomic<Int>(0)
  /// Bytes as they came from other peers.
  let takenBytes = Atomic<Int>(0)
  /// Of those, from peers in other racks.
  let farBytes = Atomic<Int>(0)
  /// Of both, those of blocks that were here already.
  let duplicateBytes = Atomic<Int>(0)
  /// Bytes sent to other peers.
  let sentBytes = Atomic<Int>(0)
  /// Members that sent wrong bytes, each time.
  let accusations = Atomic<Int>(0)
  let fetchErrors = Atomic<Int>(0)
  let refusedNoLayout = Atomic<Int>(0)
  let refusedStale = Atomic<Int>(0)
  let refusedAccess = Atomic<Int>(0)
  let refusedOther = Atomic<Int>(0)
  /// PROXY_OPENs sent.
  let proxyOpens = Atomic<Int>(0)
  /// READs that were not prepared in time.
  let timedOut = Atomic<Int>(0)

  func read(_ byteCount: Int) {
    readCount.wrappingAdd(1, ordering: .relaxed)
    readBytes.wrappingAdd(byteCount, ordering: .relaxed)
  }

  func answered(_ byteCount: Int, from source: BlockSource) {
    switch source {
    case .memory: memoryBytes.wrappingAdd(byteCount, ordering: .relaxed)
    case .disk: diskBytes.wrappingAdd(byteCount, ordering: .relaxed)
    case .peer: peerBytes.wrappingAdd(byteCount, ordering: .relaxed)
    case .mds: mdsBytes.wrappingAdd(byteCount, ordering: .relaxed)
    }
  }

  func refused(_ status: Nfsstat4) {
    switch status {
    case .NFS4ERR_PNFS_NO_LAYOUT: refusedNoLayout.wrappingAdd(1, ordering: .relaxed)
    case .NFS4ERR_STALE, .NFS4ERR_BADHANDLE: refusedStale.wrappingAdd(1, ordering: .relaxed)
    case .NFS4ERR_ACCESS: refusedAccess.wrappingAdd(1, ordering: .relaxed)
    default: refusedOther.wrappingAdd(1, ordering: .relaxed)
    }
  }
}
