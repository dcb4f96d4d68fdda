/// What the tests read of GET /v1/status.
struct NodeStatus: Decodable, Sendable {
  struct Peer: Decodable, Sendable {
    var address: String
    var state: String
  }

  private enum CodingKeys: String, CodingKey {
    case peers, counters
    case bytesBySource = "bytes_by_source"
  }

  /// Of the MDS: the data servers it knows.
  var peers: [Peer]?
  /// File data that was sent, by where it came from.
  var bytesBySource: [String: Int]
  var counters: [String: Int]

  /// File data that was sent in answer to READ.
  var readBytes: Int { counters["read_bytes"] ?? 0 }

  /// Of a peer: file data that it sent out of its own cache.
  var cachedBytes: Int { (bytesBySource["ram"] ?? 0) + (bytesBySource["disk"] ?? 0) }

  /// Of a peer: file data that it sent and had to get from the MDS first.
  var fetchedBytes: Int { bytesBySource["mds"] ?? 0 }

  /// Of the MDS: blocks that peers took, unpacked.
  var blockBytes: Int { counters["blocks_plain_bytes"] ?? 0 }

  /// Of the MDS: the addresses of registered data servers.
  var registered: Set<String> {
    Set((peers ?? []).filter { $0.state == "registered" }.map(\.address))
  }
}
