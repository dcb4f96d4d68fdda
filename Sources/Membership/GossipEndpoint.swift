/// An IPv4 or IPv6 address and a port: where a member's datagrams, or its connections, go to.
///
/// Held in three integers, without memory of its own: there is one for each member at least.
public struct GossipEndpoint: Hashable, Sendable, CustomStringConvertible {
  private let high: UInt64
  private let low: UInt64
  /// The port, in host order.
  public let port: UInt16
  /// Whether the address is IPv6 (16 bytes) rather than IPv4 (4 bytes).
  public let isIPv6: Bool

  /// - Parameter address: 4 or 16 bytes in network order. An IPv4 address mapped into IPv6 is
  ///   taken as the IPv4 address that it is.
  /// - Returns: nil for any other count of bytes.
  public init?(address: some Collection<UInt8>, port: UInt16) {
    guard address.count == 4 || address.count == 16 else { return nil }
    var (high, low): (UInt64, UInt64) = (0, 0)
    for byte in address {
      high = high << 8 | low >> 56
      low = low << 8 | UInt64(byte)
    }
    self.init(high: high, low: low, isIPv6: address.count == 16, port: port)
  }

  /// - Parameters:
  ///   - high: the first half of an IPv6 address; 0 for IPv4.
  ///   - low: the second half, or the IPv4 address.
  init(high: UInt64, low: UInt64, isIPv6: Bool, port: UInt16) {
    let isMapped = isIPv6 && high == 0 && low >> 32 == 0xffff
    self.high = high
    self.low = isMapped ? low & 0xffff_ffff : low
    self.isIPv6 = isIPv6 && !isMapped
    self.port = port
  }

  /// The address: 4 or 16 bytes in network order.
  public var address: [UInt8] {
    var writer = ByteWriter(capacity: 16)
    encodeAddress(into: &writer)
    return writer.bytes
  }

  func encodeAddress(into writer: inout ByteWriter) {
    if isIPv6 {
      writer.uint64(high)
      writer.uint64(low)
    } else {
      writer.uint32(UInt32(truncatingIfNeeded: low))
    }
  }

  func hasAddress(of other: GossipEndpoint) -> Bool {
    high == other.high && low == other.low && isIPv6 == other.isIPv6
  }

  /// Whether one host can be sent to at the address: it is not the unspecified address, multicast
  /// or broadcast, and the port is not 0.
  public var isUnicast: Bool {
    guard port != 0 else { return false }
    if isIPv6 { return high >> 56 != 0xff && (high != 0 || low != 0) }
    return low >> 24 != 0 && low >> 24 < 224
  }

  /// A number that depends on the address alone, the same in every process.
  var addressHash: UInt64 { mix64(high ^ mix64(low &+ (isIPv6 ? 1 : 0))) }

  /// `a.b.c.d:port`, or `[a:b:…]:port` with all eight groups.
  public var description: String {
    let bytes = address
    guard isIPv6 else { return bytes.map(String.init).joined(separator: ".") + ":\(port)" }
    let groups = stride(from: 0, to: 16, by: 2).map {
      String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
    }
    return "[" + groups.joined(separator: ":") + "]:\(port)"
  }
}
