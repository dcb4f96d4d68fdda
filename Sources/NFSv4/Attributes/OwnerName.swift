import NIOCore
public import XDR

/// The value of `owner` and `owner_group` (RFC 8881 §5.9).
///
///     typedef utf8str_mixed fattr4_owner;
///
/// A string of digits without leading zeros that fits 32 bits is a number; everything else is a
/// name. `name` must not hold what would be decoded as a number.
public enum OwnerName: XDRCodable, Hashable, Sendable {
  case id(UInt32)
  /// `user@domain`, at most `NFS4.OPAQUE_LIMIT` bytes.
  case name([UInt8])

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let text = try decoder.opaque(limit: NFS4.OPAQUE_LIMIT).readableBytesView
    if let id = Self.number(text) {
      self = .id(id)
    } else {
      self = .name(Array(text))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .id(let id): Self.encodeDecimal(id, to: &encoder)
    case .name(let name): encoder.opaque(name)
    }
  }

  private static func number(_ text: ByteBufferView) -> UInt32? {
    guard let first = text.first, text.count <= 10, first != UInt8(ascii: "0") || text.count == 1
    else { return nil }
    var value: UInt64 = 0
    for byte in text {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      value = value * 10 + UInt64(byte - UInt8(ascii: "0"))
    }
    return UInt32(exactly: value)
  }

  /// The digits go through registers: every GETATTR and every entry of READDIR has two of these.
  private static func encodeDecimal(_ id: UInt32, to encoder: inout XDREncoder) {
    var head: UInt64 = 0
    var tail: UInt32 = 0
    var count = 0
    var rest = id
    repeat {
      tail = tail >> 8 | UInt32(truncatingIfNeeded: head & 0xFF) << 24
      head = head >> 8 | UInt64(UInt32(UInt8(ascii: "0")) + rest % 10) << 56
      rest /= 10
      count += 1
    } while rest > 0
    encoder.count(count)
    encoder.uint32(UInt32(truncatingIfNeeded: head >> 32))
    if count > 4 { encoder.uint32(UInt32(truncatingIfNeeded: head)) }
    if count > 8 { encoder.uint32(tail) }
  }
}
