import NIOCore

/// Where a block came from.
enum BlockSource: Int, CaseIterable, Sendable {
  case memory, disk, peer, mds
}

/// Why a block cannot be had.
enum BlockFailure: Error, Hashable, Sendable {
  /// The metadata server has another version of the file now, or none.
  case versionGone
  /// Not now: no connection, too much is waiting, or what came was wrong.
  case unavailable
}

/// A block's plain bytes.
struct LoadedBlock: Sendable {
  var bytes: ByteBuffer
  var source: BlockSource
}
