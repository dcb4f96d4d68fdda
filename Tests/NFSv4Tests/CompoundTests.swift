import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct CompoundTests {
  @Test("a header is the RFC's bytes, and the first operation follows it")
  func header() throws {
    let words: [UInt32] = [3, 0x6162_6300, 2, 1, 44, 1, 2, 3, 4]
    var decoder = XDRDecoder(bytes(words))
    let header = try CompoundArguments(from: &decoder)
    #expect(
      header
        == CompoundArguments(
          tag: ByteBuffer(string: "abc"), minorversion: 2, operationCount: 1))
    #expect(try decoder.uint32() == NfsOpnum4.OP_DESTROY_SESSION.rawValue)
    #expect(header.xdr == bytes(Array(words[..<4])))
  }

  @Test("a callback's header has the callback's identity too")
  func cbHeader() throws {
    let words: [UInt32] = [0, 1, 9, 1, 10, 15]
    var decoder = XDRDecoder(bytes(words))
    let header = try CbCompoundArguments(from: &decoder)
    #expect(header == CbCompoundArguments(minorversion: 1, callbackIdent: 9, operationCount: 1))
    #expect(try decoder.uint32() == NfsCbOpnum4.OP_CB_RECALL_SLOT.rawValue)
    #expect(header.xdr == bytes(Array(words[..<4])))
  }

  @Test("a truncated header throws, at every length")
  func truncatedHeader() {
    let words: [UInt32] = [3, 0x6162_6300, 2, 7, 0]
    for length in 0..<16 {
      let prefix = bytes(words).getSlice(at: 0, length: length) ?? ByteBuffer()
      #expect(throws: XDRError.truncated) { try CompoundArguments(xdr: prefix) }
      #expect(throws: XDRError.truncated) { try CbCompoundArguments(xdr: prefix) }
    }
  }

  @Test("a tag or a count beyond its limit throws before anything is allocated for it")
  func overlongHeader() {
    #expect(throws: XDRError.tooLong(claimed: .max, limit: 1024)) {
      try CompoundArguments(xdr: bytes([.max, 0, 0]))
    }
    #expect(throws: XDRError.tooLong(claimed: 1025, limit: 1024)) {
      try CompoundArguments(xdr: bytes([0, 1, 1025]))
    }
    #expect(throws: XDRError.tooLong(claimed: .max, limit: 1024)) {
      try CbCompoundArguments(xdr: bytes([0, 1, 0, .max]))
    }
    #expect(throws: XDRError.truncated) { try CompoundArguments(xdr: bytes([0, 1, 2, 3])) }
  }

  @Test("a builder counts its operations behind a tag of any length", arguments: 0...5)
  func builder(tagBytes: Int) throws {
    let tag = Array(repeating: UInt8(ascii: "t"), count: tagBytes)
    var builder = CompoundBuilder(tag: tag, minorversion: 1)
    builder.append(DESTROY_SESSION.self, DESTROY_SESSION4args(sessionid: Fixture.sessionid))
    builder.append(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: false))
    #expect(builder.operationCount == 2)
    var decoder = XDRDecoder(builder.finish())
    let header = try CompoundArguments(from: &decoder)
    #expect(
      header
        == CompoundArguments(tag: ByteBuffer(bytes: tag), minorversion: 1, operationCount: 2))
    let rest: [UInt32] = [44, 0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 58, 0]
    #expect(decoder.remainder == bytes(rest))
  }

  @Test("a callback's builder does the same")
  func cbBuilder() throws {
    var builder = CbCompoundBuilder(minorversion: 2)
    builder.append(CB_RECALL_SLOT.self, CB_RECALL_SLOT4args(targetHighestSlotid: 15))
    #expect(builder.operationCount == 1)
    #expect(builder.finish() == bytes([0, 2, 0, 1, 10, 15]))
  }

  @Test("arguments with a payload that is referenced keep their count")
  func builderWithSlices() throws {
    enum Payload: NfsOperation {
      struct Arguments: XDRCodable {
        var data: ByteBuffer
        init(data: ByteBuffer) { self.data = data }
        init(from decoder: inout XDRDecoder) throws(XDRError) {
          data = try decoder.opaque(limit: 4096)
        }
        func encode(to encoder: inout XDREncoder) { encoder.opaqueSlices([data]) }
      }
      typealias Resok = Void4
      static let opnum = NfsOpnum4.OP_WRITE
    }
    let payload = ByteBuffer(repeating: 7, count: 2049)
    var builder = CompoundBuilder(minorversion: 1)
    builder.append(Payload.self, Payload.Arguments(data: payload))
    builder.append(Payload.self, Payload.Arguments(data: payload))
    var decoder = XDRDecoder(builder.finish())
    #expect(try CompoundArguments(from: &decoder).operationCount == 2)
    for _ in 0..<2 {
      #expect(try decoder.uint32() == 38)
      #expect(try Payload.Arguments(from: &decoder).data == payload)
    }
    try decoder.finish()
  }

  @Test("results are read in the order of the operations")
  func results() throws {
    var results = try CompoundResults(bytes([0, 0, 2, 44, 0, 49, 0, 1, 0, 9]))
    #expect(results.status == .NFS4_OK)
    #expect(results.count == 2)
    _ = try results.next(DESTROY_SESSION.self)
    #expect(try results.next(LAYOUTCOMMIT.self) == LAYOUTCOMMIT4resok(newsize: 9))
    try results.finish()
  }

  @Test("a refused operation throws its status, and so does every one after it")
  func refused() throws {
    var results = try CompoundResults(bytes([10008, 1, 0x6100_0000, 2, 44, 0, 57, 10008]))
    #expect(results.tag == ByteBuffer(string: "a"))
    _ = try results.next(DESTROY_SESSION.self)
    let refusal = CompoundError.status(.NFS4ERR_DELAY, operation: .OP_DESTROY_CLIENTID)
    #expect(throws: refusal) { try results.next(DESTROY_CLIENTID.self) }
    #expect(throws: CompoundError.status(.NFS4ERR_DELAY, operation: .OP_RECLAIM_COMPLETE)) {
      try results.next(RECLAIM_COMPLETE.self)
    }
    try results.finish()
  }

  @Test("what a refusal has to say is skipped")
  func refusalArm() throws {
    var results = try CompoundResults(bytes([10058, 0, 1, 50, 10058, 1]))
    #expect(throws: CompoundError.status(.NFS4ERR_LAYOUTTRYLATER, operation: .OP_LAYOUTGET)) {
      try results.next(LAYOUTGET.self)
    }
    try results.finish()
    var corrupted = try CompoundResults(bytes([10058, 0, 1, 50, 10058, 2]))
    #expect(throws: CompoundError.malformed(.badBoolean(2))) {
      try corrupted.next(LAYOUTGET.self)
    }
  }

  @Test("a reply that refuses the whole COMPOUND throws its status for the first operation")
  func refusedWhole() throws {
    var results = try CompoundResults(bytes([10021, 0, 0]))
    #expect(
      throws: CompoundError.status(.NFS4ERR_MINOR_VERS_MISMATCH, operation: .OP_EXCHANGE_ID)
    ) { try results.next(EXCHANGE_ID.self) }
  }

  @Test("OP_ILLEGAL in place of an operation is its refusal")
  func illegal() throws {
    var results = try CompoundResults(bytes([10044, 0, 1, 10044, 10044]))
    #expect(throws: CompoundError.status(.NFS4ERR_OP_ILLEGAL, operation: .OP_REGISTER_DS)) {
      try results.next(REGISTER_DS.self)
    }
  }

  @Test("another operation's result is unexpected, and nothing after it is read")
  func unexpected() throws {
    var results = try CompoundResults(bytes([0, 0, 2, 57, 0, 44, 0]))
    #expect(throws: CompoundError.unexpected(opnum: 57, operation: .OP_DESTROY_SESSION)) {
      try results.next(DESTROY_SESSION.self)
    }
    #expect(throws: CompoundError.missing(operation: .OP_DESTROY_SESSION)) {
      try results.next(DESTROY_SESSION.self)
    }
  }

  @Test("a reply that ends too early, or says too much, is no success")
  func shortAndLong() throws {
    var results = try CompoundResults(bytes([0, 0, 1, 44, 0, 0]))
    _ = try results.next(DESTROY_SESSION.self)
    #expect(throws: CompoundError.missing(operation: .OP_RECLAIM_COMPLETE)) {
      try results.next(RECLAIM_COMPLETE.self)
    }
    #expect(throws: CompoundError.malformed(.trailingBytes(count: 4))) { try results.finish() }
    let unread = try CompoundResults(bytes([0, 0, 1, 44, 0]))
    #expect(throws: CompoundError.malformed(.trailingBytes(count: 8))) { try unread.finish() }
  }

  @Test("a truncated reply is malformed, at every length")
  func truncatedReply() {
    let whole = bytes([0, 1, 0x6100_0000, 1, 49, 0, 1, 0, 9])
    for length in 0..<whole.readableBytes {
      let prefix = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
      #expect(throws: (any Error).self) {
        var results = try CompoundResults(prefix)
        _ = try results.next(LAYOUTCOMMIT.self)
      }
    }
  }

  @Test("a reply's header with a status nobody knows, or counts beyond limits, throws")
  func corruptedReply() {
    #expect(throws: XDRError.badEnumeration(type: "nfsstat4", value: 3)) {
      try CompoundResults(bytes([3, 0, 0]))
    }
    #expect(throws: XDRError.tooLong(claimed: 1025, limit: 1024)) {
      try CompoundResults(bytes([0, 1025, 0]))
    }
    #expect(throws: XDRError.tooLong(claimed: .max, limit: 1024)) {
      try CompoundResults(bytes([0, 0, .max]))
    }
  }

  @Test("a callback's results are read the same way")
  func cbResults() throws {
    var results = try CbCompoundResults(bytes([10060, 0, 2, 10, 0, 5, 10060]))
    _ = try results.next(CB_RECALL_SLOT.self)
    #expect(
      throws: CbCompoundError.status(
        .NFS4ERR_NOMATCHING_LAYOUT, operation: .OP_CB_LAYOUTRECALL)
    ) { try results.next(CB_LAYOUTRECALL.self) }
  }
}
