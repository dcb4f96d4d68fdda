import Glibc
import NFSv4

/// Who this peer is to the metadata server: the same after a restart, different for every peer,
/// also for several on one machine or from one image. So it is kept with the cache, which only one
/// process can have.
struct PeerIdentity: Sendable {
  /// For people: the configured node, or the host's name.
  var name: String
  /// 16 hexadecimal digits.
  var number: String

  /// Reads the number from the cache's directory, or makes a new one there. One that cannot be
  /// kept is good for this run.
  init(node: String?, cacheDirectory: String) {
    name = node ?? Self.hostName()
    let path = cacheDirectory + "/identity"
    if let kept = Self.read(path) {
      number = kept
      return
    }
    let digits = String(UInt64.random(in: 0...(.max)), radix: 16)
    number = String(repeating: "0", count: 16 - digits.count) + digits
    Self.write(number, to: path)
  }

  /// `co_ownerid` of EXCHANGE_ID, for one process of the peer.
  func owner(verifier: Verifier4) -> ClientOwner4 {
    ClientOwner4(verifier: verifier, ownerid: Array("p2pnfs peer \(name)/\(number)".utf8))
  }

  static func hostName() -> String {
    var bytes = [CChar](repeating: 0, count: 256)
    guard gethostname(&bytes, bytes.count - 1) == 0 else { return "unknown" }
    let text = bytes.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: text, as: UTF8.self)
  }

  private static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 17)
    guard Glibc.read(file, &bytes, bytes.count) >= 16 else { return nil }
    let text = String(decoding: bytes.prefix(16), as: UTF8.self)
    guard UInt64(text, radix: 16) != nil, text.utf8.count == 16 else { return nil }
    return text
  }

  private static func write(_ number: String, to path: String) {
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else { return }
    defer { close(file) }
    let bytes = Array((number + "\n").utf8)
    _ = Glibc.write(file, bytes, bytes.count)
    fsync(file)
  }
}
