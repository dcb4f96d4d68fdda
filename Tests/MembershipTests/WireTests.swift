import Testing

@testable import Membership

private func decodeRecord(_ bytes: [UInt8]) throws(GossipError) -> MemberRecord {
  try MemberRecord(decoding: ByteReader(bytes))
}

private func encoded(_ record: MemberRecord) -> [UInt8] {
  var writer = ByteWriter()
  record.encode(into: &writer)
  return writer.bytes
}

private func encoded(_ head: SwimHead, _ rumors: [[UInt8]] = []) -> [UInt8] {
  var writer = ByteWriter()
  head.encode(sender: MemberID(7), bootTag: 8, incarnation: 300, into: &writer)
  return writer.bytes + rumors.flatMap { $0 }
}

/// An error of the decoder, or nil.
private func failure(_ body: () throws(GossipError) -> Void) -> GossipError? {
  do throws(GossipError) {
    try body()
    return nil
  } catch {
    return error
  }
}

@Suite struct WireTests {
  static let sample: [UInt8] = [
    0, 0, 0, 0, 0, 0, 0, 3,  // id
    0, 0, 0xb0, 7, 0, 0, 0, 2,  // boot
    2, 1, 1, 1, 4,  // role, flags, versions, shape: one address
    10, 0, 2, 1, 0x1f, 0x0a, 0x08, 0x01,  // 10.0.2.1, ports 7946 and 2049
    2, 0x6e, 0x32,  // name "n2"
    4, 0x65, 0x61, 0x73, 0x74,  // zone "east"
    0,  // no rack
    1, 0x78,  // node "x"
  ]

  static var sampleRecord: MemberRecord {
    var record = record(2, boot: 0xb007_0000_0002)
    (record.name, record.rack, record.node) = ("n2", nil, "x")
    return record
  }

  @Test("a record is these bytes, both ways")
  func recordBytes() throws {
    #expect(encoded(Self.sampleRecord) == Self.sample)
    #expect(try decodeRecord(Self.sample) == Self.sampleRecord)
  }

  @Test("every form of endpoints comes back as it was")
  func endpoints() throws {
    let six = try #require(
      GossipEndpoint(address: [0x20, 1] + [UInt8](repeating: 0, count: 13) + [1], port: 7946))
    let mapped = try #require(
      GossipEndpoint(
        address: [UInt8](repeating: 0, count: 10) + [0xff, 0xff, 10, 0, 0, 1], port: 1))
    #expect(!mapped.isIPv6 && mapped.address == [10, 0, 0, 1])
    #expect(six.description == "[2001:0:0:0:0:0:0:1]:7946")
    #expect(mapped.description == "10.0.0.1:1")
    #expect(GossipEndpoint(address: [1, 2, 3], port: 1) == nil)
    for gossip in [six, mapped] {
      for service in [six, mapped] {
        var record = Self.sampleRecord
        (record.gossip, record.service) = (gossip, service)
        #expect(try decodeRecord(encoded(record)) == record)
      }
    }
  }

  @Test("no truncation of a record is a record, and neither is a longer one")
  func truncations() {
    for count in 0..<Self.sample.count {
      #expect(
        failure { () throws(GossipError) in _ = try decodeRecord(Array(Self.sample[..<count])) }
          == .truncated)
    }
    #expect(
      failure { () throws(GossipError) in _ = try decodeRecord(Self.sample + [0]) }
        == .trailingBytes)
  }

  @Test("fields out of range are refused, each for its reason")
  func corrupted() {
    func change(_ index: Int, _ value: UInt8) -> GossipError? {
      var bytes = Self.sample
      bytes[index] = value
      return failure { () throws(GossipError) in _ = try decodeRecord(bytes) }
    }
    #expect(change(16, 0) == .unknownValue)  // role
    #expect(change(16, 3) == .unknownValue)
    #expect(change(17, 4) == .unknownValue)  // flags
    #expect(change(18, 2) == .badValue)  // versions the wrong way round
    #expect(change(20, 8) == .unknownValue)  // shape
    #expect(change(20, 6) == .badValue)
    #expect(change(21, 0) == .badValue)  // 0.0.2.1
    #expect(change(21, 224) == .badValue)  // multicast
    #expect(change(29, 129) == .tooLong)  // name
    #expect(change(30, 0xff) == .badValue)  // not UTF-8
    #expect(change(30, 10) == .badValue)  // a control character
  }

  @Test("an address that is not in its only form is refused")
  func otherForms() throws {
    // The service's address spelled out although it is the gossip's.
    var twice = Self.sample
    twice[20] = 0
    twice.insert(contentsOf: [10, 0, 2, 1], at: 27)
    #expect(failure { () throws(GossipError) in _ = try decodeRecord(twice) } == .badValue)
    // IPv4 mapped into IPv6.
    var mapped = Self.sample
    mapped[20] = 5
    mapped.insert(contentsOf: [UInt8](repeating: 0, count: 10) + [0xff, 0xff], at: 21)
    #expect(failure { () throws(GossipError) in _ = try decodeRecord(mapped) } == .badValue)
  }

  @Test("integers of variable length have one form")
  func varint() {
    for value: UInt64 in [0, 1, 127, 128, 300, 1 << 35, .max - 1, .max] {
      var writer = ByteWriter()
      writer.varint(value)
      var reader = ByteReader(writer.bytes)
      #expect((try? reader.varint()) == value && reader.isAtEnd)
    }
    let long = [UInt8](repeating: 0xff, count: 9)
    for bytes in [[0x80, 0], [0xff, 0x80, 0], long + [2], long + [0x81, 0], long + [0xff]] {
      var reader = ByteReader(bytes)
      #expect(failure { () throws(GossipError) in _ = try reader.varint() } == .badValue)
    }
    for bytes in [[], [0x80], long] {
      var reader = ByteReader(bytes)
      #expect(failure { () throws(GossipError) in _ = try reader.varint() } == .truncated)
    }
    var reader = ByteReader([0xff, 0xff, 0xff, 0xff, 0x10])
    #expect(failure { () throws(GossipError) in _ = try reader.varint32() } == .badValue)
  }

  static var heads: [SwimHead] {
    var load = MemberLoad(
      egressBytesPerSecond: .max, capacityBytesPerSecond: 1 << 30, inFlightBytes: 1,
      queueMilliseconds: .max)
    load.sequence = .max
    return [
      .ping(sequence: 1, target: MemberID(2), load),
      .ack(sequence: .max, subject: MemberID(3), MemberLoad()), .nack(sequence: 5),
      .pingRequest(sequence: 6, target: MemberID(7)), .gossip, .join, .members,
      .syncOffer(root: 8), .syncSame, .syncBuckets(bits: 0, [1]),
      .syncBuckets(bits: 7, (0..<128).map { UInt64($0) }),
      .syncEntries(first: 0, last: .max), .syncEntries(first: 4, last: 4),
    ]
  }

  @Test("every head comes back as it was, and no truncation of it does")
  func heads() throws {
    for head in Self.heads {
      let bytes = encoded(head)
      let datagram = try SwimDatagram(decoding: bytes)
      #expect(datagram.head == head)
      #expect(datagram.sender == MemberID(7) && datagram.bootTag == 8)
      #expect(datagram.incarnation == 300 && datagram.rumors.isEmpty)
      for count in 0..<bytes.count {
        let error = failure { () throws(GossipError) in
          _ = try SwimDatagram(decoding: Array(bytes[..<count]))
        }
        #expect(error == .truncated, "\(head) cut to \(count)")
      }
      #expect(
        failure { () throws(GossipError) in _ = try SwimDatagram(decoding: bytes + [0]) }
          == .unknownValue)
    }
  }

  @Test("other formats, kinds, ranges and sizes are refused, each for its reason")
  func badHeads() {
    func error(_ bytes: [UInt8]) -> GossipError? {
      failure { () throws(GossipError) in _ = try SwimDatagram(decoding: bytes) }
    }
    func change(_ head: SwimHead, _ index: Int, _ value: UInt8) -> GossipError? {
      var bytes = encoded(head)
      bytes[index] = value
      return error(bytes)
    }
    #expect(change(.gossip, 0, 2) == .otherFormat)
    #expect(change(.gossip, 1, 0) == .unknownValue)
    #expect(change(.gossip, 1, 12) == .unknownValue)
    #expect(change(.syncBuckets(bits: 0, [1]), 16, 8) == .tooLong)
    #expect(change(.syncBuckets(bits: 0, [1]), 16, 1) == .truncated)
    #expect(change(.syncEntries(first: 4, last: 4), 16, 1) == .badValue)
    var writer = ByteWriter()
    SwimHead.gossip.encode(
      sender: MemberID(1), bootTag: 1, incarnation: Rumor.incarnationLimit + 1, into: &writer)
    #expect(error(writer.bytes) == .badValue)
  }

  @Test("every rumor comes back as it was, and no truncation of it does")
  func rumors() throws {
    let id = MemberID(0x1122_3344_5566_7788)
    let load = MemberLoad(egressBytesPerSecond: 1000, queueMilliseconds: 3)
    let rumors: [[UInt8]] = [
      EncodedRumor.alive(Self.sampleRecord, incarnation: 9),
      EncodedRumor.suspect(id, incarnation: 1, from: MemberID(5)),
      EncodedRumor.dead(id, incarnation: 2, from: MemberID(6)),
      EncodedRumor.left(id, incarnation: Rumor.incarnationLimit),
      EncodedRumor.load(id, bootTag: 7, load),
      EncodedRumor.payload(origin: id, bootTag: 7, sequence: 1 << 40, [1, 2, 3]),
      EncodedRumor.payload(origin: id, bootTag: 7, sequence: 0, []),
      EncodedRumor.whois(id),
    ]
    for rumor in rumors {
      for count in 1..<rumor.count {
        let error = failure { () throws(GossipError) in
          _ = try SwimDatagram(decoding: encoded(.gossip, [Array(rumor[..<count])]))
        }
        #expect(error == .truncated, "\(rumor) cut to \(count)")
      }
    }
    let decoded = try SwimDatagram(decoding: encoded(.gossip, rumors)).rumors
    #expect(decoded.count == rumors.count)
    guard case .alive(9, let record) = decoded[0],
      case .payload(id, 7, 1 << 40, [1, 2, 3]) = decoded[5],
      case .left(id, Rumor.incarnationLimit) = decoded[3],
      case .suspect(id, 1, MemberID(5)) = decoded[1], case .dead(id, 2, MemberID(6)) = decoded[2],
      case .load(id, 7, load) = decoded[4], case .whois(id) = decoded[7]
    else {
      Issue.record("\(decoded)")
      return
    }
    #expect(try record.record() == Self.sampleRecord)
    #expect(record.bytes.elementsEqual(Self.sample))
  }

  @Test("rumors with values out of range are refused, each for its reason")
  func badRumors() {
    func error(_ rumor: [UInt8]) -> GossipError? {
      failure { () throws(GossipError) in
        _ = try SwimDatagram(decoding: encoded(.gossip, [rumor]))
      }
    }
    let id = MemberID(1)
    #expect(error(EncodedRumor.left(id, incarnation: Rumor.incarnationLimit + 1)) == .badValue)
    #expect(
      error(
        EncodedRumor.payload(
          origin: id, bootTag: 1, sequence: 1,
          [UInt8](repeating: 0, count: Swim.broadcastLimitBytes + 1))) == .tooLong)
    #expect(error([1, 1, 0x04, 0]) == .tooLong)
    #expect(error([1, 1, 0, 15] + [UInt8](repeating: 0, count: 15)) == .truncated)
    #expect(error([0]) == .unknownValue)
    #expect(error([8]) == .unknownValue)
  }

  @Test("the largest record and the largest broadcast fit a datagram")
  func largest() throws {
    let six = [0x20] + [UInt8](repeating: 1, count: 15)
    let text = String(repeating: "x", count: MemberRecord.textLimitBytes)
    let record = MemberRecord(
      id: MemberID(.max), name: text, role: .peer,
      gossip: try #require(GossipEndpoint(address: six, port: 1)),
      service: try #require(GossipEndpoint(address: six.reversed(), port: 1)), zone: text,
      rack: text, node: text, boot: .max)
    #expect(encoded(record).count == MemberRecord.limitBytes)
    #expect(try decodeRecord(encoded(record)) == record)
    let alive = EncodedRumor.alive(record, incarnation: Rumor.incarnationLimit)
    let head = encoded(.syncEntries(first: 0, last: 0))
    #expect(head.count + alive.count <= DatagramSeal.payloadLimitBytes)
    #expect(SwimSettings.lan.datagramBytes == DatagramSeal.payloadLimitBytes)
    let payload = EncodedRumor.payload(
      origin: MemberID(1), bootTag: 1, sequence: .max, [UInt8](repeating: 0, count: 1000))
    #expect(payload.count <= SwimSettings.lan.piggybackBytes)
  }
}
