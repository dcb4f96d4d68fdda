/// Bytes that were counted, each at the place that knows.
struct Counts: Sendable {
  /// Frames that the MDS's interface sent.
  var mdsEgress = 0
  /// File data that the MDS sent to clients.
  var mdsReads = 0
  /// Blocks that the MDS sent to peers, compressed.
  var mdsBlocks = 0
  /// Frames that the clients' interfaces received.
  var arrived = 0
  /// File data that peers sent to clients, by where they had it from.
  var memory = 0
  var disk = 0
  var peers = 0
  var mdsFetched = 0

  static func - (later: Counts, earlier: Counts) -> Counts {
    Counts(
      mdsEgress: later.mdsEgress - earlier.mdsEgress, mdsReads: later.mdsReads - earlier.mdsReads,
      mdsBlocks: later.mdsBlocks - earlier.mdsBlocks,
      arrived: later.arrived - earlier.arrived, memory: later.memory - earlier.memory,
      disk: later.disk - earlier.disk, peers: later.peers - earlier.peers,
      mdsFetched: later.mdsFetched - earlier.mdsFetched)
  }
}
