import NFSv4

/// A server's IP address, as text, and TCP port.
public struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
  public var host: String
  public var port: Int

  public init(host: String, port: Int = 2049) {
    self.host = host
    self.port = port
  }

  /// The address of a data server (RFC 5665); nil for one that is no TCP address.
  init?(_ netaddr: Netaddr4) {
    guard let address = Uaddr(netaddr) else { return nil }
    let bytes = address.bytes
    if address.isIPv6 {
      host = stride(from: 0, to: 16, by: 2)
        .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
        .joined(separator: ":")
    } else {
      host = bytes.map { String($0) }.joined(separator: ".")
    }
    port = Int(address.port)
  }

  /// `HOST:PORT`, with brackets around an IPv6 address.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
