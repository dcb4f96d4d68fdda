/// Where to listen or connect: `0.0.0.0:2049`, `[::]:2049`, `mds.example:2049`.
public struct Endpoint: Hashable, Sendable, CustomStringConvertible {
  /// An address without brackets, or a DNS name.
  public var host: String
  /// 0...65535; for a listener 0 is "any".
  public var port: Int

  /// An endpoint that is known already.
  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT` or `[IPV6]:PORT`, and `HOST` alone if there is a default port.
  ///
  /// nil for anything else: an IPv6 address with a port but no brackets, a port beyond 65535,
  /// a name that is no DNS name.
  public init?(_ text: String, defaultPort: Int? = nil) {
    if defaultPort != nil, let address = IPAddress(text) {
      self.init(host: "\(address)", port: defaultPort ?? 0)
      return
    }
    var host = text[...]
    var port = defaultPort
    if let colon = text.lastIndex(of: ":"), !text.hasSuffix("]") {
      let digits = text[text.index(after: colon)...]
      guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ 48...57 ~= $0 }),
        let number = Int(digits), number <= 65535
      else { return nil }
      port = number
      host = text[..<colon]
    }
    guard let port else { return nil }
    if host.hasPrefix("["), host.hasSuffix("]") {
      let inner = String(host.dropFirst().dropLast())
      guard inner.contains(":"), let address = IPAddress(inner) else { return nil }
      self.init(host: "\(address)", port: port)
    } else if let address = IPAddress(String(host)), !host.contains(":") {
      self.init(host: "\(address)", port: port)
    } else if Self.isName(host) {
      self.init(host: String(host), port: port)
    } else {
      return nil
    }
  }

  /// The host as an address, or nil for a name.
  public var address: IPAddress? { IPAddress(host) }

  /// `HOST:PORT`, with brackets around an IPv6 address.
  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// RFC 1123 §2.1, with the underscore that people use; a name of digits and dots only is a
  /// mistyped address.
  private static func isName(_ text: Substring) -> Bool {
    guard (1...253).contains(text.utf8.count) else { return false }
    let labels = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let last = labels.last, !last.utf8.allSatisfy({ 48...57 ~= $0 }) else { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
        && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
    }
  }
}

/// An address a peer tells the metadata server to send clients to: `ADDRESS` or `ADDRESS:PORT`.
///
/// Names are refused: universal addresses (RFC 5665 §5.2.3) hold numbers only.
public struct AdvertisedAddress: Hashable, Sendable, CustomStringConvertible {
  /// The address clients connect to.
  public var address: IPAddress
  /// 1...65535, or nil for the port the peer listens on.
  public var port: Int?

  /// An address that is known already.
  public init(address: IPAddress, port: Int? = nil) {
    self.address = address
    self.port = port
  }

  /// Reads `192.0.2.7`, `192.0.2.7:2049`, `2001:db8::7`, `[2001:db8::7]` or
  /// `[2001:db8::7]:2049`; nil for anything else, for port 0 and for the wildcard address.
  public init?(_ text: String) {
    if let address = IPAddress(text) {
      self.init(address: address)
    } else if let endpoint = Endpoint(text), let address = endpoint.address, endpoint.port > 0 {
      self.init(address: address, port: endpoint.port)
    } else if let endpoint = Endpoint(text, defaultPort: 0), let address = endpoint.address,
      text.hasSuffix("]")
    {
      self.init(address: address)
    } else {
      return nil
    }
    guard address.number != 0 else { return nil }
  }

  /// As it is read, with brackets around an IPv6 address that has a port.
  public var description: String {
    port.map { Endpoint(host: "\(address)", port: $0).description } ?? "\(address)"
  }
}
