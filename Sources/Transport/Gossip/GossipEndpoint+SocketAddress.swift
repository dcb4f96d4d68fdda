public import Membership
public import NIOCore

extension GossipEndpoint {
  /// - Returns: nil for what is not IP, and for a port that is none.
  public init?(_ address: SocketAddress) {
    guard let bytes = address.addressBytes, let port = address.port.flatMap(UInt16.init(exactly:))
    else { return nil }
    self.init(address: bytes, port: port)
  }

  /// The address for a socket of a family.
  /// - Parameter isIPv6: an IPv6 socket reaches IPv4 addresses as mapped ones.
  /// - Returns: nil for an IPv6 address and an IPv4 socket.
  func socketAddress(isIPv6Socket: Bool) -> SocketAddress? {
    var bytes = address
    if isIPv6, !isIPv6Socket { return nil }
    if !isIPv6, isIPv6Socket { bytes = Array(repeating: 0, count: 10) + [0xff, 0xff] + bytes }
    return try? SocketAddress(packedIPAddress: ByteBuffer(bytes: bytes), port: Int(port))
  }
}
