/// One item of news, as it rides on a datagram. What it claims holds for one life of a member,
/// told by its incarnation, or by the low half of its boot.
enum Rumor {
  /// The member lives and says this about itself.
  case alive(incarnation: UInt64, EncodedRecord)
  /// `from` had no answer of it.
  case suspect(MemberID, incarnation: UInt64, from: MemberID)
  /// `from` waited in vain for a refutation (SWIM's Confirm).
  case dead(MemberID, incarnation: UInt64, from: MemberID)
  /// The member said good-bye.
  case left(MemberID, incarnation: UInt64)
  case load(MemberID, bootTag: UInt32, MemberLoad)
  /// A broadcast of the application above.
  case payload(origin: MemberID, bootTag: UInt32, sequence: UInt64, [UInt8])
  /// The receiver is asked to say what it is, if this is its id.
  case whois(MemberID)

  /// Incarnations above are refused. Each is at most ``incarnationStep`` above the one before, so
  /// that no lie brings a member near the end.
  static let incarnationLimit: UInt64 = 1 << 48
  /// How far ahead of the known incarnation a claim may be.
  static let incarnationStep: UInt64 = 1 << 20

  enum Kind: UInt8 {
    case alive = 1
    case suspect, dead, left, load, payload, whois
  }

  init(decoding reader: inout ByteReader) throws(GossipError) {
    guard let kind = Kind(rawValue: try reader.uint8()) else { throw .unknownValue }
    switch kind {
    case .alive:
      let incarnation = try Self.incarnation(&reader)
      let count = Int(try reader.uint16())
      guard count <= MemberRecord.limitBytes else { throw .tooLong }
      self = .alive(incarnation: incarnation, try EncodedRecord(try reader.part(count)))
    case .suspect:
      let (id, incarnation) = (try Self.id(&reader), try Self.incarnation(&reader))
      self = .suspect(id, incarnation: incarnation, from: try Self.id(&reader))
    case .dead:
      let (id, incarnation) = (try Self.id(&reader), try Self.incarnation(&reader))
      self = .dead(id, incarnation: incarnation, from: try Self.id(&reader))
    case .left:
      let id = try Self.id(&reader)
      self = .left(id, incarnation: try Self.incarnation(&reader))
    case .load:
      let (id, bootTag) = (try Self.id(&reader), try reader.uint32())
      self = .load(id, bootTag: bootTag, try MemberLoad(decoding: &reader))
    case .payload:
      let (id, bootTag) = (try Self.id(&reader), try reader.uint32())
      let sequence = try reader.varint()
      let count = Int(try reader.uint16())
      guard count <= Swim.broadcastLimitBytes else { throw .tooLong }
      self = .payload(
        origin: id, bootTag: bootTag, sequence: sequence, try reader.bytes(count))
    case .whois:
      self = .whois(try Self.id(&reader))
    }
  }

  private static func id(_ reader: inout ByteReader) throws(GossipError) -> MemberID {
    MemberID(rawValue: try reader.uint64())
  }

  private static func incarnation(_ reader: inout ByteReader) throws(GossipError) -> UInt64 {
    let incarnation = try reader.varint()
    guard incarnation <= incarnationLimit else { throw .badValue }
    return incarnation
  }
}
