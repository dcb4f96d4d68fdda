/// Rumors as they are sent, and wait to be sent.
enum EncodedRumor {
  static func alive(_ record: MemberRecord, incarnation: UInt64) -> [UInt8] {
    var writer = ByteWriter(capacity: 128)
    writer.uint8(Rumor.Kind.alive.rawValue)
    writer.varint(incarnation)
    writer.counted { record.encode(into: &$0) }
    return writer.bytes
  }

  /// As it came.
  static func alive(_ record: EncodedRecord, incarnation: UInt64) -> [UInt8] {
    let bytes = record.bytes
    var writer = ByteWriter(capacity: bytes.count + 10)
    writer.uint8(Rumor.Kind.alive.rawValue)
    writer.varint(incarnation)
    writer.counted { $0.bytes(bytes) }
    return writer.bytes
  }

  static func suspect(_ id: MemberID, incarnation: UInt64, from: MemberID) -> [UInt8] {
    claim(.suspect, id, incarnation, from)
  }

  static func dead(_ id: MemberID, incarnation: UInt64, from: MemberID) -> [UInt8] {
    claim(.dead, id, incarnation, from)
  }

  static func left(_ id: MemberID, incarnation: UInt64) -> [UInt8] {
    claim(.left, id, incarnation, nil)
  }

  private static func claim(
    _ kind: Rumor.Kind, _ id: MemberID, _ incarnation: UInt64, _ from: MemberID?
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: 24)
    writer.uint8(kind.rawValue)
    writer.uint64(id.rawValue)
    writer.varint(incarnation)
    if let from { writer.uint64(from.rawValue) }
    return writer.bytes
  }

  static func load(_ id: MemberID, bootTag: UInt32, _ load: MemberLoad) -> [UInt8] {
    var writer = ByteWriter(capacity: 13 + MemberLoad.limitBytes)
    writer.uint8(Rumor.Kind.load.rawValue)
    writer.uint64(id.rawValue)
    writer.uint32(bootTag)
    load.encode(into: &writer)
    return writer.bytes
  }

  static func payload(
    origin: MemberID, bootTag: UInt32, sequence: UInt64, _ payload: [UInt8]
  ) -> [UInt8] {
    var writer = ByteWriter(capacity: payload.count + 26)
    writer.uint8(Rumor.Kind.payload.rawValue)
    writer.uint64(origin.rawValue)
    writer.uint32(bootTag)
    writer.varint(sequence)
    writer.uint16(UInt16(payload.count))
    writer.bytes(payload)
    return writer.bytes
  }

  static func whois(_ id: MemberID) -> [UInt8] {
    var writer = ByteWriter(capacity: 9)
    writer.uint8(Rumor.Kind.whois.rawValue)
    writer.uint64(id.rawValue)
    return writer.bytes
  }
}
