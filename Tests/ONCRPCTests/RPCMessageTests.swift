import NIOCore
import ONCRPC
import Testing
import XDR

/// Words in network byte order.
private func words(_ words: UInt32...) -> ByteBuffer {
  words.reduce(into: ByteBuffer()) { $0.writeInteger($1) }
}

@Suite struct RPCMessageTests {
  @Test("a call has the bytes of RFC 5531 §9, and reads back")
  func call() throws {
    let call = RPCCall(
      xid: 0x0102_0304, prog: 100_003, vers: 4, proc: 1,
      cred: OpaqueAuth(
        flavor: 1, body: ByteBuffer(bytes: [9, 8, 7, 6, 5])), arguments: words(42))
    var encoder = XDREncoder()
    call.encode(to: &encoder)
    let bytes = encoder.finishContiguous()
    var expected = words(0x0102_0304, 0, 2, 100_003, 4, 1, 1, 5)
    expected.writeBytes([9, 8, 7, 6, 5, 0, 0, 0])
    expected.writeImmutableBuffer(words(0, 0, 42))
    #expect(bytes == expected)
    guard case .call(let read) = try RPCMessage(record: bytes) else {
      Issue.record("no call")
      return
    }
    #expect(read.xid == call.xid && read.prog == 100_003 && read.vers == 4 && read.proc == 1)
    #expect(read.cred == call.cred && read.verf == .none && read.arguments == words(42))
    for count in 0..<bytes.readableBytes - 4 {
      #expect(throws: XDRError.truncated, "\(count) bytes") {
        try RPCMessage(record: ByteBuffer(bytes: bytes.readableBytesView.prefix(count)))
      }
    }
  }

  @Test("a call of another RPC version is known by its xid, whatever follows")
  func otherVersion() throws {
    for record in [words(7, 0, 3), words(7, 0, 1, .max, .max, .max, .max)] {
      guard case .call(let call) = try RPCMessage(record: record) else {
        Issue.record("no call")
        return
      }
      #expect(call.xid == 7)
      #expect(call.rpcvers != rpcVersion)
    }
  }

  static let statuses: [(RPCReplyStatus, [UInt32])] =
    [
      (.success, [0, 0, 0, 0]),
      (.progUnavail, [0, 0, 0, 1]),
      (.progMismatch(low: 3, high: 4), [0, 0, 0, 2, 3, 4]),
      (.procUnavail, [0, 0, 0, 3]),
      (.garbageArgs, [0, 0, 0, 4]),
      (.systemErr, [0, 0, 0, 5]),
      (.rpcMismatch(low: 2, high: 2), [1, 0, 2, 2]),
    ]
    + [
      (AuthStat.AUTH_OK, 0), (.AUTH_BADCRED, 1), (.AUTH_REJECTEDCRED, 2), (.AUTH_BADVERF, 3),
      (.AUTH_REJECTEDVERF, 4), (.AUTH_TOOWEAK, 5), (.AUTH_INVALIDRESP, 6), (.AUTH_FAILED, 7),
      (.RPCSEC_GSS_CREDPROBLEM, 13), (.RPCSEC_GSS_CTXPROBLEM, 14),
    ].map { (.authError($0.0), [1, 1, $0.1]) }

  @Test("every accept and reject status has the bytes of RFC 5531 §9, and reads back")
  func replies() throws {
    for (status, body) in Self.statuses {
      var encoder = XDREncoder()
      status.encode(xid: 77, to: &encoder)
      let bytes = encoder.finishContiguous()
      var expected = words(77, 1)
      for word in body { expected.writeInteger(word) }
      #expect(bytes == expected)
      var record = bytes
      record.writeInteger(UInt32(5))
      guard case .reply(let reply) = try RPCMessage(record: record) else {
        Issue.record("no reply")
        return
      }
      #expect(reply.xid == 77 && reply.status == status && reply.results == words(5))
      for count in 0..<bytes.readableBytes {
        #expect(throws: XDRError.truncated, "\(status), \(count) bytes") {
          try RPCMessage(record: ByteBuffer(bytes: bytes.readableBytesView.prefix(count)))
        }
      }
    }
  }

  @Test("message types and statuses that do not exist are no message")
  func unknownValues() {
    let records: [(ByteBuffer, XDRError)] = [
      (words(1, 2), .badEnumeration(type: "msg_type", value: 2)),
      (words(1, 1, 2), .badEnumeration(type: "reply_stat", value: 2)),
      (words(1, 1, 0, 0, 0, 6), .badEnumeration(type: "accept_stat", value: 6)),
      (words(1, 1, 1, 2), .badEnumeration(type: "reject_stat", value: 2)),
      (words(1, 1, 1, 1, 8), .badEnumeration(type: "auth_stat", value: 8)),
    ]
    for (record, error) in records {
      #expect(throws: error) { try RPCMessage(record: record) }
    }
  }

  /// A call with a credential and a verifier of so many bytes.
  private func call(credential: (UInt32, Int), verifier: (UInt32, Int)) throws -> RPCCall? {
    var record = words(1, 0, 2, 3, 4, 5)
    for (flavor, count) in [credential, verifier] {
      record.writeInteger(flavor)
      record.writeInteger(UInt32(count))
      record.writeRepeatingByte(0, count: (count + 3) / 4 * 4)
    }
    record.writeInteger(UInt32(42))
    guard case .call(let call) = try RPCMessage(record: record) else { return nil }
    return call
  }

  @Test("a credential or verifier of more than 400 bytes is a call that has to be refused")
  func authLimit() throws {
    #expect(try call(credential: (1, 400), verifier: (0, 400))?.authProblem == nil)
    #expect(try call(credential: (1, 401), verifier: (0, 0))?.authProblem == .AUTH_BADCRED)
    #expect(try call(credential: (1, 401), verifier: (0, 401))?.authProblem == .AUTH_BADCRED)
    #expect(try call(credential: (1, 20), verifier: (0, 401))?.authProblem == .AUTH_BADVERF)
    let refused = try #require(try call(credential: (1, 100_000), verifier: (0, 5)))
    #expect(refused.xid == 1 && refused.prog == 3 && refused.cred == .none)
    #expect(refused.arguments == words(42))
  }

  @Test("a credential that is longer than its record is no message")
  func authBeyondRecord() {
    for count: UInt32 in [5, 401, .max] {
      #expect(throws: XDRError.truncated) {
        try RPCMessage(record: words(1, 0, 2, 3, 4, 5, 1, count, 0))
      }
    }
  }

  @Test("a flavor that nobody here understands is refused, whatever is asked for")
  func flavors() throws {
    for flavor: UInt32 in [AuthFlavor.short, AuthFlavor.rpcsecGss, 3, .max] {
      #expect(
        try call(credential: (flavor, 20), verifier: (0, 0))?.authProblem == .AUTH_REJECTEDCRED)
    }
    for flavor in [AuthFlavor.none, AuthFlavor.sys] {
      #expect(try call(credential: (flavor, 20), verifier: (0, 0))?.authProblem == nil)
    }
  }
}
