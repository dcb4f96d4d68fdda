/// Where a node stands. Names are compared as they are; what is nil is not known.
public struct LocalitySettings: Hashable, Sendable {
  /// The largest tier, such as a data centre.
  public var zone: String?
  /// Within the zone.
  public var rack: String?
  /// Within the rack: the machine.
  public var node: String?

  /// A place of which as much is known as is given.
  public init(zone: String? = nil, rack: String? = nil, node: String? = nil) {
    self.zone = zone
    self.rack = rack
    self.node = node
  }

  static let keys = ["zone", "rack", "node"]

  init(_ section: Section) {
    let name = Kind.text("a name")
    zone = section.optional("zone", name)
    rack = section.optional("rack", name)
    node = section.optional("node", name)
  }
}

/// The operator's interface: HTTP for status, metrics and the dashboard.
public struct AdminSettings: Hashable, Sendable {
  /// 127.0.0.1:9701 by default; port 0 is "any".
  public var listen: Endpoint
  /// The path of the token that orders have to show (see `TokenFile`), or nil: no orders are taken.
  public var tokenFile: String?

  static let keys = ["listen", "token_file"]
  static let defaultListen = Endpoint(host: "127.0.0.1", port: 9701)

  init(_ section: Section) {
    listen = section.optional("listen", .listener("127.0.0.1:9701")) ?? Self.defaultListen
    tokenFile = section.optional(
      "token_file",
      .absolutePath(
        "the absolute path of a token file (make one with: p2pnfs key new --output FILE)"))
  }
}

/// The cluster's own traffic, and the keys that make a host a member.
public struct GossipSettings: Hashable, Sendable {
  /// 0.0.0.0:7946 by default; port 0 is "any".
  public var listen: Endpoint
  /// Members to ask first; empty means the metadata server's own host. Peers only.
  public var seeds: [Endpoint]
  /// The path of the cluster's keys (see `KeyFile`), or nil: then no peer can register.
  public var keyFile: String?

  static let port = 7946
  static let keyFileExpected =
    "the absolute path of a key file (make one with: p2pnfs key new --output FILE)"

  init(_ section: Section) {
    listen =
      section.optional("listen", .listener("0.0.0.0:7946"))
      ?? Endpoint(host: "0.0.0.0", port: Self.port)
    seeds = section.list("seeds", .remote("a member", defaultPort: Self.port), orOne: true) ?? []
    keyFile = section.optional("key_file", .absolutePath(Self.keyFileExpected))
  }
}

/// The least important messages that are logged; swift-log's levels by their names.
public enum LogLevel: String, CaseIterable, Hashable, Sendable {
  case trace, debug, info, notice, warning, error, critical
}
