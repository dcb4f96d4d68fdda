import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import XDR

/// Random numbers from a seed (SplitMix64), so that what failed can be had again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}

/// Sends messages that are more or less wrong, and holds the server to what it owes for each: for
/// a call one well-formed reply, for a reply nothing, for anything else the end of the connection.
///
/// For one thread.
final class Barrage {
  let address: String
  private let makeClient: () throws -> RawClient
  private(set) var client: RawClient
  private var lastXid: UInt32 = 1 << 30
  /// What a call was that has no reply yet.
  private var expected: [UInt32: RPCCall] = [:]
  /// The slots of the session that carry the barrage; the last one is kept apart.
  let slotCount: Int
  private(set) var sentCount = 0
  private(set) var repliedCount = 0
  private(set) var closedCount = 0

  init(to address: String, _ makeClient: @escaping () throws -> RawClient) throws {
    self.address = address
    self.makeClient = makeClient
    client = try makeClient()
    slotCount = client.slots.count - 1
  }

  /// A COMPOUND in the session that leaves the slot's number as it is: only a reply moves it.
  func request(slot: Int, _ build: (inout CompoundBuilder) -> Void) -> ByteBuffer {
    let before = client.slots[slot]
    defer { client.slots[slot] = before }
    return client.call(client.request(slot: slot, build)).record
  }

  /// Sends messages in order, with transaction ids of its own.
  func fire(_ records: [ByteBuffer]) throws {
    for record in records {
      var record = record
      lastXid += 1
      if record.readableBytes >= 4 { record.setInteger(lastXid, at: record.readerIndex) }
      sentCount += 1
      guard let message = try? RPCMessage(record: record) else {
        try collect()
        client.connection.sendRecord(record)
        guard try client.connection.isClosedByOtherSide() else { continue }
        closedCount += 1
        client = RawClient(try RawConnection(to: address), sharing: client)
        continue
      }
      guard client.connection.sendRecord(record) else {
        throw ProcessTestError("closed before message \(sentCount)")
      }
      if case .call(let call) = message { expected[lastXid] = call }
      if expected.count >= slotCount { try collect() }
    }
    try collect()
  }

  /// Makes another session if something in the barrage ended this one.
  func checkSession() throws {
    let slot = slotCount
    let results = try client.connection.call(client.call(client.request(slot: slot) { _ in }))
    guard let resok = try? ReplyShape.check(results.results), resok.sessionid == client.session
    else {
      client = try makeClient()
      return
    }
  }

  private func collect() throws {
    while !expected.isEmpty {
      guard let record = try client.connection.receiveRecord() else {
        throw ProcessTestError("closed with \(expected.count) calls unanswered")
      }
      guard case .reply(let reply) = try RPCMessage(record: record) else { continue }
      guard let call = expected.removeValue(forKey: reply.xid) else {
        throw ProcessTestError("a reply to \(reply.xid), which does not wait for one")
      }
      repliedCount += 1
      try check(reply, to: call)
    }
  }

  private func check(_ reply: RPCReply, to call: RPCCall) throws {
    guard reply.status == .success else {
      guard reply.results.readableBytes == 0 else { throw ProcessTestError("a refusal with more") }
      return
    }
    switch (call.prog, call.proc) {
    case (NFS4.program, NFS4.PROC_COMPOUND):
      if let sequence = try ReplyShape.check(reply.results),
        sequence.sessionid == client.session, Int(sequence.slotid) < client.slots.count
      {
        client.slots[Int(sequence.slotid)] = sequence.sequenceid
      }
    case (BlockProtocol.program, BlockProtocol.Procedure.CHALLENGE.rawValue):
      _ = try CHALLENGE1res(xdr: reply.results)
    case (BlockProtocol.program, BlockProtocol.Procedure.PROVE.rawValue):
      _ = try PROVE1res(xdr: reply.results)
    case (BlockProtocol.program, 3...10):
      guard reply.results.readableBytes >= MessageSeal.overheadBytes else {
        throw ProcessTestError("an answer that is not sealed")
      }
    default:
      guard reply.results.readableBytes == 0 else { throw ProcessTestError("NULL with results") }
    }
  }
}

/// Ways of spoiling a message.
enum Mutation {
  /// Every word set to all ones, one at a time: so every length, count, number and discriminant
  /// once.
  static func everyWord(of record: ByteBuffer) -> [ByteBuffer] {
    stride(from: 4, to: record.readableBytes - 3, by: 4).map { offset in
      var copy = record
      copy.setInteger(UInt32.max, at: copy.readerIndex + offset)
      return copy
    }
  }

  /// Every shorter message.
  static func everyTruncation(of record: ByteBuffer) -> [ByteBuffer] {
    (0..<record.readableBytes).compactMap {
      record.getSlice(at: record.readerIndex, length: $0)
    }
  }

  private static let interesting: [UInt32] = [
    0, 1, 2, 3, 0xff, 0x400, 0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
    0x5032_5001,
  ]

  /// One to three random changes.
  static func random(
    of record: ByteBuffer, spliced other: ByteBuffer, using random: inout SeededGenerator
  ) -> ByteBuffer {
    var bytes = Array(record.readableBytesView)
    for _ in 0..<Int.random(in: 1...3, using: &random) where bytes.count > 8 {
      change(&bytes, other, &random)
    }
    return ByteBuffer(bytes: bytes)
  }

  private static func change(
    _ bytes: inout [UInt8], _ other: ByteBuffer, _ random: inout SeededGenerator
  ) {
    let place = Int.random(in: 4..<bytes.count, using: &random)
    // Mostly behind the message type: what is no message at all ends the connection.
    let word = min(max(2, place / 4), bytes.count / 4 - 1) * 4
    switch Int.random(in: 0..<8, using: &random) {
    case 0, 1: bytes[word] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    case 2: bytes[word + 3] = UInt8.random(in: .min ... .max, using: &random)
    case 3, 4:
      let value = interesting[Int.random(in: 0..<interesting.count, using: &random)]
      for index in 0..<4 {
        bytes[word + index] = UInt8(truncatingIfNeeded: value >> (24 - 8 * index))
      }
    case 5: bytes.removeSubrange(place...)
    case 6:
      let end = min(bytes.count, word + 4 * Int.random(in: 1...8, using: &random))
      bytes.removeSubrange(word..<end)
    default:
      let source = Array(other.readableBytesView)
      let start = Int.random(in: 0..<max(1, source.count / 4), using: &random) * 4
      bytes.insert(contentsOf: source[start...].prefix(64), at: word)
    }
  }
}
