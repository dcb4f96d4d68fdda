/// What a datagram is for; news rides behind it.
enum SwimHead: Equatable {
  /// Asks for an ack of the same sequence, of this member only.
  case ping(sequence: UInt32, target: MemberID, MemberLoad)
  /// `subject` answered: the sender itself, or the one it was asked to probe.
  case ack(sequence: UInt32, subject: MemberID, MemberLoad)
  /// The one the sender was asked to probe has not answered so far (Lifeguard).
  case nack(sequence: UInt32)
  /// Asks the receiver to probe a member.
  case pingRequest(sequence: UInt32, target: MemberID)
  /// News only.
  case gossip
  /// Asks for members; the sender's own record follows.
  case join
  /// Members: the answer to a join, or what was missing in `syncEntries`.
  case members
  /// The digest of the sender's list of members.
  case syncOffer(root: UInt64)
  /// The receiver's list has the digest that was offered.
  case syncSame
  /// It has not: the digests of its 2^bits buckets.
  case syncBuckets(bits: UInt8, [UInt64])
  /// All members of the sender's list with keys from `first` through `last` follow.
  case syncEntries(first: UInt64, last: UInt64)
}

/// A datagram of gossip before it is sealed:
///
///     format (1)   kind (1)   sender: id (8), low half of its boot (4), incarnation (1…7)
///     the head's own fields   rumors, up to the end
struct SwimDatagram {
  /// The wire format; a datagram of another is refused whole.
  static let format: UInt8 = 1
  /// The most buckets of a digest are 2 to the power of this.
  static let bucketBitsLimit: UInt8 = 7

  let sender: MemberID
  let bootTag: UInt32
  let incarnation: UInt64
  let head: SwimHead
  let rumors: [Rumor]

  fileprivate enum Kind: UInt8 {
    case ping = 1
    case ack, nack, pingRequest, gossip, join, members
    case syncOffer, syncSame, syncBuckets, syncEntries
  }

  init(decoding bytes: [UInt8]) throws(GossipError) {
    var reader = ByteReader(bytes)
    guard try reader.uint8() == Self.format else { throw .otherFormat }
    guard let kind = Kind(rawValue: try reader.uint8()) else { throw .unknownValue }
    sender = MemberID(rawValue: try reader.uint64())
    bootTag = try reader.uint32()
    incarnation = try reader.varint()
    guard incarnation <= Rumor.incarnationLimit else { throw .badValue }
    head = try Self.head(kind, &reader)
    var rumors: [Rumor] = []
    while !reader.isAtEnd { rumors.append(try Rumor(decoding: &reader)) }
    self.rumors = rumors
  }

  private static func head(
    _ kind: Kind, _ reader: inout ByteReader
  ) throws(GossipError) -> SwimHead {
    switch kind {
    case .ping:
      return .ping(
        sequence: try reader.uint32(), target: MemberID(rawValue: try reader.uint64()),
        try MemberLoad(decoding: &reader))
    case .ack:
      return .ack(
        sequence: try reader.uint32(), subject: MemberID(rawValue: try reader.uint64()),
        try MemberLoad(decoding: &reader))
    case .nack: return .nack(sequence: try reader.uint32())
    case .pingRequest:
      return .pingRequest(
        sequence: try reader.uint32(), target: MemberID(rawValue: try reader.uint64()))
    case .gossip: return .gossip
    case .join: return .join
    case .members: return .members
    case .syncOffer: return .syncOffer(root: try reader.uint64())
    case .syncSame: return .syncSame
    case .syncBuckets:
      let bits = try reader.uint8()
      guard bits <= bucketBitsLimit else { throw .tooLong }
      guard reader.remaining >= 8 << Int(bits) else { throw .truncated }
      var hashes: [UInt64] = []
      hashes.reserveCapacity(1 << Int(bits))
      for _ in 0..<1 << Int(bits) { hashes.append(try reader.uint64()) }
      return .syncBuckets(bits: bits, hashes)
    case .syncEntries:
      let (first, last) = (try reader.uint64(), try reader.uint64())
      guard first <= last else { throw .badValue }
      return .syncEntries(first: first, last: last)
    }
  }
}

extension SwimHead {
  /// Writes a datagram up to where the rumors begin.
  func encode(
    sender: MemberID, bootTag: UInt32, incarnation: UInt64, into writer: inout ByteWriter
  ) {
    writer.uint8(SwimDatagram.format)
    writer.uint8(kind.rawValue)
    writer.uint64(sender.rawValue)
    writer.uint32(bootTag)
    writer.varint(incarnation)
    switch self {
    case .ping(let sequence, let member, let load), .ack(let sequence, let member, let load):
      writer.uint32(sequence)
      writer.uint64(member.rawValue)
      load.encode(into: &writer)
    case .nack(let sequence): writer.uint32(sequence)
    case .pingRequest(let sequence, let target):
      writer.uint32(sequence)
      writer.uint64(target.rawValue)
    case .gossip, .join, .members, .syncSame: break
    case .syncOffer(let root): writer.uint64(root)
    case .syncBuckets(let bits, let hashes):
      writer.uint8(bits)
      for hash in hashes { writer.uint64(hash) }
    case .syncEntries(let first, let last):
      writer.uint64(first)
      writer.uint64(last)
    }
  }

  private var kind: SwimDatagram.Kind {
    switch self {
    case .ping: .ping
    case .ack: .ack
    case .nack: .nack
    case .pingRequest: .pingRequest
    case .gossip: .gossip
    case .join: .join
    case .members: .members
    case .syncOffer: .syncOffer
    case .syncSame: .syncSame
    case .syncBuckets: .syncBuckets
    case .syncEntries: .syncEntries
    }
  }
}
