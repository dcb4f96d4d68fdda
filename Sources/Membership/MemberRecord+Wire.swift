extension MemberRecord {
  /// The fewest bytes of an encoded record.
  static let minimumBytes = 8 + 8 + 5 + 6 + 2 + 4
  /// The most bytes of an encoded record.
  static let limitBytes = 8 + 8 + 5 + 2 * 18 + 4 * (1 + textLimitBytes)

  /// What the fifth byte after the numbers says about the endpoints.
  private enum Shape {
    static let gossipIPv6: UInt8 = 1
    static let serviceIPv6: UInt8 = 2
    /// The service's address is the gossip's and is not repeated.
    static let oneAddress: UInt8 = 4
    static let all: UInt8 = 7
  }

  /// Writes the record:
  ///
  ///     id (8)   boot (8)   role (1)   flags (1)   versions: minimum, maximum (2)   shape (1)
  ///     gossip: address (4 or 16), port (2)     service: address (0, 4 or 16), port (2)
  ///     name, zone, rack, node: each a count (1) and UTF-8 bytes; empty is nil
  func encode(into writer: inout ByteWriter) {
    let oneAddress = service.hasAddress(of: gossip)
    var shape: UInt8 = gossip.isIPv6 ? Shape.gossipIPv6 : 0
    if oneAddress {
      shape |= Shape.oneAddress
    } else if service.isIPv6 {
      shape |= Shape.serviceIPv6
    }
    writer.uint64(id.rawValue)
    writer.uint64(boot)
    writer.uint8(role.rawValue)
    writer.uint8(flags.rawValue)
    writer.uint8(versions.minimum)
    writer.uint8(versions.maximum)
    writer.uint8(shape)
    gossip.encodeAddress(into: &writer)
    writer.uint16(gossip.port)
    if !oneAddress { service.encodeAddress(into: &writer) }
    writer.uint16(service.port)
    writer.text(name)
    writer.text(zone ?? "")
    writer.text(rack ?? "")
    writer.text(node ?? "")
  }

  /// Reads a record that takes all of the reader's bytes.
  init(decoding reader: ByteReader) throws(GossipError) {
    var reader = reader
    id = MemberID(rawValue: try reader.uint64())
    boot = try reader.uint64()
    guard let role = MemberRole(rawValue: try reader.uint8()) else { throw .unknownValue }
    self.role = role
    flags = MemberFlags(rawValue: try reader.uint8())
    guard flags.subtracting(.all).isEmpty else { throw .unknownValue }
    let minimum = try reader.uint8()
    let maximum = try reader.uint8()
    guard minimum <= maximum else { throw .badValue }
    versions = VersionRange(minimum: minimum, maximum: maximum)
    let shape = try reader.uint8()
    guard shape & ~Shape.all == 0 else { throw .unknownValue }
    let oneAddress = shape & Shape.oneAddress != 0
    guard !oneAddress || shape & Shape.serviceIPv6 == 0 else { throw .badValue }
    let address = try Self.address(&reader, isIPv6: shape & Shape.gossipIPv6 != 0)
    gossip = try Self.endpoint(address, &reader)
    guard gossip.isUnicast else { throw .badValue }
    if oneAddress {
      service = try Self.endpoint(address, &reader)
    } else {
      let own = try Self.address(&reader, isIPv6: shape & Shape.serviceIPv6 != 0)
      service = try Self.endpoint(own, &reader)
      guard !service.hasAddress(of: gossip) else { throw .badValue }
    }
    name = try reader.text(limit: Self.textLimitBytes)
    zone = try Self.optional(try reader.text(limit: Self.textLimitBytes))
    rack = try Self.optional(try reader.text(limit: Self.textLimitBytes))
    node = try Self.optional(try reader.text(limit: Self.textLimitBytes))
    try reader.finish()
  }

  private typealias Address = (high: UInt64, low: UInt64, isIPv6: Bool)

  private static func address(
    _ reader: inout ByteReader, isIPv6: Bool
  ) throws(GossipError) -> Address {
    guard isIPv6 else { return (0, UInt64(try reader.uint32()), false) }
    return (try reader.uint64(), try reader.uint64(), true)
  }

  /// An IPv4 address has one form on the wire: mapped into IPv6 it is refused.
  private static func endpoint(
    _ address: Address, _ reader: inout ByteReader
  ) throws(GossipError) -> GossipEndpoint {
    let endpoint = GossipEndpoint(
      high: address.high, low: address.low, isIPv6: address.isIPv6, port: try reader.uint16())
    guard endpoint.isIPv6 == address.isIPv6 else { throw .badValue }
    return endpoint
  }

  private static func optional(_ text: String) throws(GossipError) -> String? {
    text.isEmpty ? nil : text
  }
}

/// A record as it came, of which only the numbers were read: most records that arrive are known.
struct EncodedRecord {
  let id: MemberID
  let boot: UInt64
  private let reader: ByteReader

  /// - Parameter reader: over the record's bytes and no others.
  init(_ reader: ByteReader) throws(GossipError) {
    var numbers = reader
    id = MemberID(rawValue: try numbers.uint64())
    boot = try numbers.uint64()
    self.reader = reader
  }

  func record() throws(GossipError) -> MemberRecord { try MemberRecord(decoding: reader) }

  var bytes: ArraySlice<UInt8> { reader.rest }
}
