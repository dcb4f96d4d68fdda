/// The configuration of a peer (`role: peer`).
public struct PeerSettings: Hashable, Sendable {
  /// The disk and memory that hold what was read.
  public struct Cache: Hashable, Sendable {
    /// A directory of the cache's own.
    public var path: String
    /// The quota on disk, in bytes: at least 16 MiB, never exceeded.
    public var bytes: Int
    /// A power of two from 64 KiB to 1 MiB; 256 KiB by default.
    public var blockBytes: Int
    /// Unpacked blocks in memory, in bytes; 256 MiB by default.
    public var memoryBytes: Int
    /// Bytes that the file system keeps free whatever the quota says; 1 GiB by default.
    public var freeSpaceFloorBytes: Int
  }

  /// Bounds on what others can take.
  public struct Limits: Hashable, Sendable {
    /// What this peer sends at most, to clients and peers together; nil means no limit.
    public var egressBytesPerSecond: Int?
    /// TCP connections at one time, 16384 by default; more are closed at once.
    public var connections: Int
  }

  /// The metadata server; port 2049 by default.
  public var mds: Endpoint
  /// Where NFS is served; 0.0.0.0:2049 by default, port 0 is "any".
  public var listen: Endpoint
  /// Where clients are sent to; empty means the address from which this peer reaches `mds`.
  public var advertise: [AdvertisedAddress]
  /// Whether this peer registers as a data server; true by default.
  public var serve: Bool
  /// The disk and memory that hold what was read.
  public var cache: Cache
  /// Where this node stands.
  public var locality: LocalitySettings
  /// Bounds on what others can take.
  public var limits: Limits
  /// Its `keyFile` is always there.
  public var gossip: GossipSettings
  /// The path of the cluster's keys: `gossip.key_file`, which a peer must have.
  public var keyFile: String
  /// The operator's interface.
  public var admin: AdminSettings
  /// `notice` by default.
  public var logLevel: LogLevel

  static let keys = [
    "role", "mds", "listen", "advertise", "serve", "cache", "locality", "limits", "gossip",
    "admin", "log_level",
  ]

  init(_ root: Section) {
    mds =
      root.required("mds", .remote("the metadata server", defaultPort: 2049))
      ?? Endpoint(host: "", port: 2049)
    listen =
      root.optional("listen", .listener("0.0.0.0:2049"))
      ?? Endpoint(host: "0.0.0.0", port: 2049)
    advertise = root.list("advertise", .advertised, orOne: true, limit: 8) ?? []
    serve = root.optional("serve", .boolean) ?? true
    cache = Cache(root.section("cache", keys: Cache.keys))
    locality = LocalitySettings(root.section("locality", keys: LocalitySettings.keys))
    limits = Limits(root.section("limits", keys: Limits.keys))
    let gossip = root.section("gossip", keys: ["listen", "seeds", "key_file"])
    if !gossip.has("key_file") { gossip.missing("key_file", GossipSettings.keyFileExpected) }
    self.gossip = GossipSettings(gossip)
    keyFile = self.gossip.keyFile ?? ""
    admin = AdminSettings(root.section("admin", keys: AdminSettings.keys))
    logLevel = root.optional("log_level", .word()) ?? .notice
  }
}

extension PeerSettings.Cache {
  static let keys = ["path", "bytes", "block_bytes", "memory_bytes", "free_space_floor"]

  init(_ section: Section) {
    path =
      section.required(
        "path",
        .absolutePath("the absolute path of a directory, such as /var/cache/p2pnfs")) ?? "/"
    bytes = section.required("bytes", .bytes(16 << 20...Int.max, such: "100GiB")) ?? 0
    blockBytes =
      section.optional("block_bytes", .powerOfTwoBytes(64 << 10...1 << 20)) ?? 256 << 10
    memoryBytes =
      section.optional("memory_bytes", .bytes(0...Int.max, such: "512MiB")) ?? 256 << 20
    freeSpaceFloorBytes =
      section.optional("free_space_floor", .bytes(0...Int.max, such: "1GiB")) ?? 1 << 30
  }
}

extension PeerSettings.Limits {
  static let keys = ["egress_bytes_per_second", "connections"]

  init(_ section: Section) {
    egressBytesPerSecond = section.optional(
      "egress_bytes_per_second", .bytes(64 << 10...Int.max, such: "500MB"))
    connections =
      section.optional("connections", .number("a number", 1...1_000_000)) ?? 16_384
  }
}
