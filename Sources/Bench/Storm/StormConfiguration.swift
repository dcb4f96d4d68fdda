/// The configurations of a storm's daemons.
public struct StormConfiguration: Sendable {
  /// One node with a peer.
  public struct Peer: Hashable, Sendable {
    public var name: String
    public var address: String
    public var rack: String?

    public init(name: String, address: String, rack: String?) {
      self.name = name
      self.address = address
      self.rack = rack
    }
  }

  /// Where clients see what is exported.
  public static let exportPath = "/export"

  /// The metadata server's address.
  public var mdsAddress: String
  /// Its rack; nil: not said.
  public var mdsRack: String?
  /// A folder for keys, state and caches.
  public var directory: String
  /// What is exported.
  public var root: String
  /// Bytes of all files.
  public var plainBytes: Int
  public var peers: [Peer]
  /// Further lines, which go before what is here.
  public var mdsLines: [ConfigurationLine]
  public var peerLines: [ConfigurationLine]

  public init(
    mdsAddress: String, mdsRack: String? = nil, directory: String, root: String,
    plainBytes: Int, peers: [Peer], mdsLines: [ConfigurationLine] = [],
    peerLines: [ConfigurationLine] = []
  ) {
    self.mdsAddress = mdsAddress
    self.mdsRack = mdsRack
    self.directory = directory
    self.root = root
    self.plainBytes = plainBytes
    self.peers = peers
    self.mdsLines = mdsLines
    self.peerLines = peerLines
  }

  public var keyPath: String { directory + "/key" }
  public var mdsStatePath: String { directory + "/mds-state" }
  public func cachePath(_ peer: Peer) -> String { directory + "/cache-\(peer.name)" }

  /// Of the peers' caches: a line may have set it.
  /// - Parameter lines: of the peers.
  public static func blockBytes(_ lines: [ConfigurationLine]) -> Int? {
    let text = lines.last { $0.key == "cache.block_bytes" }?.value ?? "256KiB"
    return Text.byteCount(text)
  }

  public var mds: ConfigurationTree {
    var tree = ConfigurationTree()
    tree.set("role", "mds")
    tree.set("listen", "\(mdsAddress):2049")
    tree.set(
      "exports", "[{path: \(Self.quoted(root)), pseudo: \(Self.exportPath), access: ro}]")
    tree.set("state_dir", Self.quoted(mdsStatePath))
    tree.set("layouts", "files")
    tree.set("gossip.listen", "\(mdsAddress):7946")
    tree.set("gossip.key_file", Self.quoted(keyPath))
    if let mdsRack { tree.set("locality.rack", mdsRack) }
    let places = peers.map { peer in
      "{cidr: \(peer.address)/32, node: \(peer.name)"
        + (peer.rack.map { ", rack: \($0)" } ?? "") + "}"
    }
    tree.set("localities", "[" + places.joined(separator: ", ") + "]")
    for line in mdsLines { tree.set(line.key, line.value) }
    return tree
  }

  public func peer(_ peer: Peer) -> ConfigurationTree {
    var tree = ConfigurationTree()
    tree.set("role", "peer")
    tree.set("mds", "\(mdsAddress):2049")
    tree.set("listen", "\(peer.address):2049")
    tree.set("advertise", "[\"\(peer.address):2049\"]")
    tree.set("cache.path", Self.quoted(cachePath(peer)))
    // Nothing is to be evicted in a storm: all of it, and as much again.
    tree.set("cache.bytes", "\(2 * plainBytes + (64 << 20))")
    tree.set("cache.memory_bytes", "64MiB")
    tree.set("cache.free_space_floor", "64MiB")
    tree.set("locality.node", peer.name)
    if let rack = peer.rack { tree.set("locality.rack", rack) }
    tree.set("gossip.listen", "\(peer.address):7946")
    tree.set("gossip.seeds", "[\"\(mdsAddress):7946\"]")
    tree.set("gossip.key_file", Self.quoted(keyPath))
    for line in peerLines { tree.set(line.key, line.value) }
    return tree
  }

  private static func quoted(_ text: String) -> String {
    let escaped = text.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : String($0) }.joined()
    return "\"\(escaped)\""
  }
}
