/// A range of addresses: `10.0.0.0/8`, `2001:db8::/32`, or one host as a plain address.
public struct CIDR: Hashable, Sendable, CustomStringConvertible {
  /// The first address of the range; its bits beyond the prefix are zero.
  public let network: IPAddress
  /// 0...32, or 0...128 for IPv6.
  public let prefixLength: Int

  /// Every IPv4 and every IPv6 address.
  public static let everyone = [
    CIDR(network: IPAddress(isIPv4: true, number: 0), prefixLength: 0),
    CIDR(network: IPAddress(isIPv4: false, number: 0), prefixLength: 0),
  ].compactMap(\.self)

  /// The range of all addresses that share `prefixLength` bits with `network`; nil for a length
  /// that the address has not, and for bits of `network` beyond it.
  public init?(network: IPAddress, prefixLength: Int) {
    guard (0...network.bitCount).contains(prefixLength),
      network.number & ~Self.mask(network, prefixLength) == 0
    else { return nil }
    self.network = network
    self.prefixLength = prefixLength
  }

  /// Reads `ADDRESS` or `ADDRESS/LENGTH`; nil for anything else and for bits beyond the prefix.
  public init?(_ text: String) {
    guard let (address, length) = Self.parse(text) else { return nil }
    self.init(network: address, prefixLength: length)
  }

  /// The range `text` would have meant had the bits beyond its prefix been zero.
  static func masked(_ text: String) -> CIDR? {
    guard let (address, length) = parse(text), length <= address.bitCount else { return nil }
    return CIDR(
      network: IPAddress(
        isIPv4: address.isIPv4, number: address.number & mask(address, length)),
      prefixLength: length)
  }

  /// Whether the range holds this address. An IPv4-mapped IPv6 address counts as IPv4.
  public func contains(_ address: IPAddress) -> Bool {
    address.isIPv4 == network.isIPv4
      && address.number & Self.mask(network, prefixLength) == network.number
  }

  /// Whether the range holds an address in network byte order (4 or 16 bytes); no range holds
  /// bytes of another length.
  public func contains(addressBytes: some Collection<UInt8>) -> Bool {
    IPAddress(bytes: addressBytes).map(contains) ?? false
  }

  /// `10.0.0.0/8`; a single host without its length.
  public var description: String {
    prefixLength == network.bitCount ? "\(network)" : "\(network)/\(prefixLength)"
  }

  private static func parse(_ text: String) -> (IPAddress, Int)? {
    let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, let address = IPAddress(String(first)) else { return nil }
    guard parts.count == 2 else { return (address, address.bitCount) }
    guard (1...3).contains(parts[1].utf8.count), parts[1].utf8.allSatisfy({ 48...57 ~= $0 }),
      var length = Int(parts[1])
    else { return nil }
    if address.isIPv4, first.contains(":") { length -= 96 }
    return (0...address.bitCount).contains(length) ? (address, length) : nil
  }

  private static func mask(_ address: IPAddress, _ length: Int) -> UInt128 {
    let all: UInt128 = address.isIPv4 ? 0xffff_ffff : .max
    return length == 0 ? 0 : all << UInt128(address.bitCount - length) & all
  }
}
