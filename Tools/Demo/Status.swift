/// What the demonstration reads of GET /v1/status.
struct Status: Decodable, Sendable {
  /// File data that was sent, by where it came from, in bytes.
  struct Sources: Sendable {
    var memory = 0
    var disk = 0
    var peers = 0
    var mds = 0
  }

  private struct Peer: Decodable {
    var state: String
  }

  private enum CodingKeys: String, CodingKey {
    case peers, counters
    case bytesBySource = "bytes_by_source"
  }

  /// Data servers that are registered; 0 at a peer.
  var registeredCount: Int
  /// Of a peer: where the bytes came from that it sent.
  var sources: Sources
  /// File data that was sent in answer to READ.
  var readBytes: Int
  /// Of the MDS: blocks that peers took, as they are stored and sent.
  var storedBlockBytes: Int

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let peers = try container.decodeIfPresent([Peer].self, forKey: .peers) ?? []
    registeredCount = peers.count { $0.state == "registered" }
    let bytes = try container.decode([String: Int].self, forKey: .bytesBySource)
    sources = Sources(
      memory: bytes["ram"] ?? 0, disk: bytes["disk"] ?? 0, peers: bytes["peer"] ?? 0,
      mds: bytes["mds"] ?? 0)
    let counters = try container.decode([String: Int].self, forKey: .counters)
    readBytes = counters["read_bytes"] ?? 0
    storedBlockBytes = counters["blocks_stored_bytes"] ?? 0
  }
}
