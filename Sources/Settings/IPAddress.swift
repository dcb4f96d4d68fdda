import Glibc

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address (`::ffff:a.b.c.d`) is the IPv4 address it
/// carries, so that a dual-stack socket and an IPv4 socket name a client alike.
public struct IPAddress: Hashable, Sendable, CustomStringConvertible {
  /// Whether this is one of 2^32 rather than of 2^128.
  public let isIPv4: Bool
  /// The address as a number in host order; below 2^32 for IPv4.
  public let number: UInt128

  /// An address in network byte order: 4 or 16 bytes, else nil.
  public init?(bytes: some Collection<UInt8>) {
    var number: UInt128 = 0
    for byte in bytes.prefix(17) { number = number << 8 | UInt128(byte) }
    switch bytes.count {
    case 4: self.init(isIPv4: true, number: number)
    case 16 where number >> 32 == 0xffff:
      self.init(isIPv4: true, number: number & 0xffff_ffff)
    case 16: self.init(isIPv4: false, number: number)
    default: return nil
    }
  }

  /// Reads dotted decimal or RFC 4291 §2.2 text without brackets or scope; nil for anything else.
  public init?(_ text: String) {
    // inet_pton stops at a zero byte, which must not end an address early.
    guard text.utf8.count <= 45, !text.utf8.contains(0) else { return nil }
    var bytes = [UInt8](repeating: 0, count: 16)
    if text.contains(":") {
      guard inet_pton(AF_INET6, text, &bytes) == 1 else { return nil }
      self.init(bytes: bytes)
    } else {
      guard inet_pton(AF_INET, text, &bytes) == 1 else { return nil }
      self.init(bytes: bytes[..<4])
    }
  }

  init(isIPv4: Bool, number: UInt128) {
    self.isIPv4 = isIPv4
    self.number = number
  }

  /// Network byte order: 4 bytes, or 16 for IPv6.
  public var bytes: [UInt8] {
    stride(from: bitCount - 8, through: 0, by: -8).map {
      UInt8(truncatingIfNeeded: number >> UInt128($0))
    }
  }

  /// 32 or 128.
  public var bitCount: Int { isIPv4 ? 32 : 128 }

  /// The text of RFC 5952, without brackets.
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let bytes = bytes
    inet_ntop(isIPv4 ? AF_INET : AF_INET6, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
