import FoundationEssentials

/// What `GET /v1/status` answers: the same few facts for every role, and the role's own beside
/// them. Names are in snake case on the wire; durations are whole seconds.
public struct StatusDocument: Codable, Hashable, Sendable {
  /// A data server as the metadata server knows it, or a member as a peer knows it.
  public struct Peer: Codable, Hashable, Sendable {
    /// Where clients reach it: `ADDRESS:PORT`, the first if there are several.
    public var address: String
    /// In one word: `registered`, `draining`, `quarantined`, …
    public var state: String
    /// Where it stands, as far as it is known.
    public var zone: String?
    public var rack: String?
    public var node: String?
    /// Seconds since it registered.
    public var registeredSeconds: Int
    /// Grants (PROXY_OPEN) that it holds.
    public var grants: Int
    /// Layouts that name it.
    public var layouts: Int

    /// One row of the table.
    public init(
      address: String, state: String, zone: String? = nil, rack: String? = nil,
      node: String? = nil, registeredSeconds: Int, grants: Int = 0, layouts: Int = 0
    ) {
      self.address = address
      self.state = state
      self.zone = zone
      self.rack = rack
      self.node = node
      self.registeredSeconds = registeredSeconds
      self.grants = grants
      self.layouts = layouts
    }

    enum CodingKeys: String, CodingKey {
      case address, state, zone, rack, node, grants, layouts
      case registeredSeconds = "registered_seconds"
    }
  }

  /// `mds` or `peer`.
  public var role: String
  /// The program's version.
  public var version: String
  /// Where NFS is served: `HOST:PORT`.
  public var nfs: String
  /// Seconds since the program began to serve.
  public var uptimeSeconds: Int
  /// File data that was sent, by where it came from: `ram`, `disk`, `peer`, `mds`, in bytes.
  public var bytesBySource: [String: Int]
  /// Other counts that only grow, such as `reads` or `proxy_opens`.
  public var counters: [String: Int]
  /// The other nodes this one knows; empty where a role knows none.
  public var peers: [Peer]
  /// What is the role's own.
  public var detail: JSONValue

  /// A document with the facts that every role has.
  public init(
    role: String, version: String, nfs: String, uptimeSeconds: Int,
    bytesBySource: [String: Int] = [:], counters: [String: Int] = [:], peers: [Peer] = [],
    detail: JSONValue = [:]
  ) {
    self.role = role
    self.version = version
    self.nfs = nfs
    self.uptimeSeconds = uptimeSeconds
    self.bytesBySource = bytesBySource
    self.counters = counters
    self.peers = peers
    self.detail = detail
  }

  enum CodingKeys: String, CodingKey {
    case role, version, nfs, counters, peers, detail
    case uptimeSeconds = "uptime_seconds"
    case bytesBySource = "bytes_by_source"
  }

  /// Reads the text of an answer.
  /// - Throws: `DecodingError` for text that is no status document.
  public init(json: [UInt8]) throws {
    self = try JSONDecoder().decode(Self.self, from: Data(json))
  }

  /// Indented JSON with its keys in order.
  public func json() throws -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return Array(try encoder.encode(self))
  }
}
