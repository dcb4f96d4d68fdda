import Settings

/// The smallest metadata server and peer.
enum Minimal {
  static let mds = """
    role: mds
    state_dir: /var/lib/p2pnfs
    exports:
      - path: /srv
    """
  static let peer = """
    role: peer
    mds: mds.example
    cache: {path: /var/cache/p2pnfs, bytes: 1GiB}
    gossip: {key_file: /etc/p2pnfs/key}
    """
}

/// The lines of the error that reading `text` as `node.yml` gives; empty if there is none.
func problems(_ text: String) -> [String] {
  problems(Array(text.utf8))
}

func problems(_ bytes: [UInt8]) -> [String] {
  do throws(ConfigurationError) {
    _ = try NodeSettings.read(bytes, file: "node.yml")
    return []
  } catch {
    return error.description.split(separator: "\n").map(String.init)
  }
}

func mds(_ text: String) throws -> MetadataServerSettings? {
  guard case .mds(let settings) = try NodeSettings.read(Array(text.utf8), file: "node.yml") else {
    return nil
  }
  return settings
}

func peer(_ text: String) throws -> PeerSettings? {
  guard case .peer(let settings) = try NodeSettings.read(Array(text.utf8), file: "node.yml") else {
    return nil
  }
  return settings
}
