/// An Internet address and a TCP port, as universal addresses name them (RFC 5665 §5.2.3).
///
/// Over IPv4 the text is `h1.h2.h3.h4.p1.p2`, over IPv6 `x1:…:x8.p1.p2`, where `p1` and `p2` are
/// the port's two bytes in decimal.
public struct Uaddr: Hashable, Sendable {
  /// In network order: 4 bytes of IPv4 or 16 of IPv6.
  public let bytes: [UInt8]
  public let port: UInt16

  /// Fails unless there are 4 or 16 bytes.
  public init?(bytes: [UInt8], port: UInt16) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    self.bytes = bytes
    self.port = port
  }

  /// Whether this is an IPv6 address.
  public var isIPv6: Bool { bytes.count == 16 }

  /// Reads a universal address of netid `tcp` or `tcp6`.
  ///
  /// Strict: decimal numbers have no leading zeros, groups have at most four hexadecimal digits,
  /// `::` stands for at least one group and at most once, and nothing follows. The last 32 bits of
  /// an IPv6 address may be dotted (RFC 4291 §2.2). Fails for anything else, scope ids too.
  public init?(_ netaddr: Netaddr4) {
    switch netaddr.netid {
    case Netaddr4.tcp:
      guard let numbers = Self.dotted(netaddr.addr[...], count: 6) else { return nil }
      self.init(bytes: Array(numbers[..<4]), port: Self.port(numbers[4], numbers[5]))
    case Netaddr4.tcp6:
      let addr = netaddr.addr
      guard let low = addr.lastIndex(of: UInt8(ascii: ".")),
        let high = addr[..<low].lastIndex(of: UInt8(ascii: ".")),
        let numbers = Self.dotted(addr[(high + 1)...], count: 2),
        let host = Self.ipv6(addr[..<high])
      else { return nil }
      self.init(bytes: host, port: Self.port(numbers[0], numbers[1]))
    default: return nil
    }
  }

  /// The same as netid and universal address, IPv6 in the form of RFC 5952.
  public var netaddr: Netaddr4 {
    let suffix = ".\(port >> 8).\(port & 0xff)"
    if isIPv6 {
      return Netaddr4(netid: Netaddr4.tcp6, addr: Array((ipv6Text + suffix).utf8))
    }
    let host = bytes.map { String($0) }.joined(separator: ".")
    return Netaddr4(netid: Netaddr4.tcp, addr: Array((host + suffix).utf8))
  }

  private static func port(_ high: UInt8, _ low: UInt8) -> UInt16 {
    UInt16(high) << 8 | UInt16(low)
  }

  /// Exactly `count` decimal numbers below 256 between dots.
  private static func dotted(_ text: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
    let parts = text.split(
      separator: UInt8(ascii: "."), maxSplits: count, omittingEmptySubsequences: false)
    guard parts.count == count else { return nil }
    var numbers: [UInt8] = []
    for part in parts {
      guard let number = decimal(part) else { return nil }
      numbers.append(number)
    }
    return numbers
  }

  private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt8? {
    guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0")
    else { return nil }
    var value: UInt16 = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      value = value * 10 + UInt16(digit - UInt8(ascii: "0"))
    }
    return UInt8(exactly: value)
  }

  /// The 16 bytes of an IPv6 address' text.
  private static func ipv6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let colon = UInt8(ascii: ":")
    guard let gap = text.indices.first(where: { isGap(text, at: $0) }) else {
      let bytes = groups(text)
      return bytes?.count == 16 ? bytes : nil
    }
    let head = text[..<gap]
    let tail = text[(gap + 2)...]
    guard tail.first != colon, !tail.indices.contains(where: { isGap(tail, at: $0) }),
      !head.contains(UInt8(ascii: ".")),
      let first = head.isEmpty ? [] : groups(head),
      let last = tail.isEmpty ? [] : groups(tail),
      first.count + last.count <= 14
    else { return nil }
    return first + Array(repeating: 0, count: 16 - first.count - last.count) + last
  }

  private static func isGap(_ text: ArraySlice<UInt8>, at index: Int) -> Bool {
    text[index] == UInt8(ascii: ":") && index + 1 < text.endIndex
      && text[index + 1] == UInt8(ascii: ":")
  }

  /// The bytes of hexadecimal groups between colons, of which the last may be dotted.
  private static func groups(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(
      separator: UInt8(ascii: ":"), maxSplits: 8, omittingEmptySubsequences: false)
    var bytes: [UInt8] = []
    for (index, part) in parts.enumerated() {
      if part.contains(UInt8(ascii: ".")) {
        guard index == parts.count - 1, let numbers = dotted(part, count: 4) else { return nil }
        bytes += numbers
      } else {
        guard let group = hexadecimal(part) else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xff)]
      }
    }
    return bytes
  }

  private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt16? {
    guard (1...4).contains(digits.count) else { return nil }
    var value: UInt16 = 0
    for digit in digits {
      let nibble: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): nibble = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): nibble = digit - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): nibble = digit - UInt8(ascii: "A") + 10
      default: return nil
      }
      value = value << 4 | UInt16(nibble)
    }
    return value
  }

  /// RFC 5952 §4: the first of the longest runs of two or more zero groups becomes `::`.
  private var ipv6Text: String {
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > best.count { best = start..<end }
      start = end + 1
    }
    let text = { (range: Range<Int>) in
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    guard best.count > 1 else { return text(0..<8) }
    return text(0..<best.lowerBound) + "::" + text(best.upperBound..<8)
  }
}

extension Netaddr4 {
  /// The netid of TCP over IPv4 (RFC 5665 §5.2.3.3).
  public static let tcp = Array("tcp".utf8)
  /// The netid of TCP over IPv6 (RFC 5665 §5.2.3.4).
  public static let tcp6 = Array("tcp6".utf8)
}
