/// The configuration of a metadata server (`role: mds`).
public struct MetadataServerSettings: Hashable, Sendable {
  /// What clients are told about where to read.
  public enum Layouts: String, CaseIterable, Hashable, Sendable {
    /// File layouts (RFC 8881 §13) that name peers.
    case files
    /// None: everything is read from the metadata server.
    case none
  }

  /// A range of addresses and where its hosts stand.
  public struct Locality: Hashable, Sendable {
    /// The hosts meant. Where ranges nest, the longest prefix decides.
    public var cidr: CIDR
    /// Where they stand.
    public var place: LocalitySettings
  }

  /// Bounds on what clients can take.
  public struct Limits: Hashable, Sendable {
    /// TCP connections at one time, 16384 by default; more are closed at once.
    public var connections: Int
  }

  /// Where NFS is served; 0.0.0.0:2049 by default, port 0 is "any".
  public var listen: Endpoint
  /// At least one; no two share a pseudo path.
  public var exports: [ExportSettings]
  /// A directory for what must survive a restart.
  public var stateDirectory: String
  /// The lease of every client and peer in seconds, 90 by default, 5 to 3600.
  public var leaseSeconds: Int
  /// `files` by default.
  public var layouts: Layouts
  /// The smallest file that gets a layout, in bytes; 0 by default.
  public var minFileBytes: Int
  /// Where the metadata server itself stands: homes of blocks are chosen near it.
  public var locality: LocalitySettings
  /// In the order of the file.
  public var localities: [Locality]
  /// With its `keyFile`, peers may register; without, none can.
  public var gossip: GossipSettings
  /// The operator's interface.
  public var admin: AdminSettings
  /// Bounds on what clients can take.
  public var limits: Limits
  /// `notice` by default.
  public var logLevel: LogLevel

  /// The place of a host by its address (4 or 16 bytes, network byte order): that of the longest
  /// range that holds it, the first of equals.
  public func locality(addressBytes: some Collection<UInt8>) -> LocalitySettings? {
    guard let address = IPAddress(bytes: addressBytes) else { return nil }
    var best: Locality?
    for locality in localities where locality.cidr.contains(address) {
      if best.map({ $0.cidr.prefixLength < locality.cidr.prefixLength }) ?? true {
        best = locality
      }
    }
    return best?.place
  }

  static let keys = [
    "role", "listen", "exports", "state_dir", "lease_seconds", "layouts", "placement",
    "locality", "localities", "gossip", "admin", "limits", "log_level",
  ]

  init(_ root: Section) {
    listen =
      root.optional("listen", .listener("0.0.0.0:2049"))
      ?? Endpoint(host: "0.0.0.0", port: 2049)
    let exportSections = root.sections("exports", keys: ExportSettings.keys, limit: 1000)
    exports = exportSections.map(ExportSettings.init)
    stateDirectory =
      root.required(
        "state_dir", .absolutePath("the absolute path of a directory, such as /var/lib/p2pnfs"))
      ?? "/"
    leaseSeconds = root.optional("lease_seconds", .seconds(5...3600)) ?? 90
    let words = Kind<Layouts>.word(
      reserved: ["flexfiles": "'files' or 'none' (flexfiles is reserved for later)"])
    let givenLayouts = root.optional("layouts", words)
    layouts = givenLayouts ?? .files
    minFileBytes =
      root.section("placement", keys: ["min_file_bytes"])
      .optional("min_file_bytes", .bytes(0...Int.max, such: "64KiB")) ?? 0
    locality = LocalitySettings(root.section("locality", keys: LocalitySettings.keys))
    localities = root.sections("localities", keys: ["cidr"] + LocalitySettings.keys)
      .compactMap { section in
        let place = LocalitySettings(section)
        if place == LocalitySettings() {
          section.missing("zone", "at least one of 'zone', 'rack', 'node'")
        }
        return section.required("cidr", .cidr).map { Locality(cidr: $0, place: place) }
      }
    gossip = GossipSettings(root.section("gossip", keys: ["listen", "key_file"]))
    admin = AdminSettings(root.section("admin", keys: AdminSettings.keys))
    limits = Limits(
      connections: root.section("limits", keys: ["connections"])
        .optional("connections", .number("a number", 1...1_000_000)) ?? 16_384)
    logLevel = root.optional("log_level", .word()) ?? .notice
    if givenLayouts == .files, !root.has("gossip") {
      root.refuse(
        "layouts", expected: "'none', or a gossip.key_file with which peers can register")
    }
    if !root.has("exports") {
      root.missing("exports", "a list of at least one mapping with 'path'")
    }
    checkPseudoPaths(exportSections)
  }

  /// No two exports may have one place in the name space.
  private func checkPseudoPaths(_ exportSections: [Section]) {
    var seen: [String: Int] = [:]
    for (index, export) in exports.enumerated() {
      let section = exportSections[index]
      guard section.has("path") || section.has("pseudo") else { continue }
      if let first = seen[export.pseudo] {
        section.refuse(
          section.has("pseudo") ? "pseudo" : "path",
          expected: "a pseudo path other than that of exports[\(first)]")
      } else {
        seen[export.pseudo] = index
      }
    }
  }
}
