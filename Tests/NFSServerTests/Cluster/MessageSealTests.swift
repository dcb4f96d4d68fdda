import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct MessageSealTests {
  private let session = Sessionid4(high: 3, low: 4)
  private let mine = [UInt8](repeating: 5, count: ClusterKeys.nonceBytes)
  private let yours = [UInt8](repeating: 6, count: ClusterKeys.nonceBytes)
  private let body = ByteBuffer(string: "a block's bytes, or a question after it")

  /// The seal of a connection with this key, session and nonces.
  private func seal(
    key: UInt8 = 1, session: Sessionid4? = nil, caller: [UInt8]? = nil, callee: [UInt8]? = nil
  ) throws -> MessageSeal {
    let keys = ClusterKeys([[UInt8](repeating: key, count: 32)])
    return try #require(
      keys.messageSeal(
        session: session ?? self.session, callerNonce: caller ?? mine,
        calleeNonce: callee ?? yours))
  }

  private func message(
    _ seal: MessageSeal, pieces: [ByteBuffer]? = nil, number: UInt64 = 9,
    _ procedure: BlockProtocol.Procedure = .TAKE, _ direction: MessageSeal.Direction = .call
  ) -> ByteBuffer {
    var message = ByteBuffer()
    for piece in seal.sealed(pieces ?? [body], number: number, procedure, direction) {
      message.writeImmutableBuffer(piece)
    }
    return message
  }

  @Test("what was sealed is opened, with its number and its body")
  func opened() throws {
    let sealed = try message(seal())
    #expect(sealed.readableBytes == MessageSeal.overheadBytes + body.readableBytes)
    let opened = try #require(try seal().opened(sealed, .TAKE, .call))
    #expect(opened.number == 9 && opened.body == body)
  }

  @Test("every number and an empty body come through", arguments: [0, 1, UInt64.max])
  func numbers(number: UInt64) throws {
    let sealed = try message(seal(), pieces: [], number: number)
    let opened = try #require(try seal().opened(sealed, .TAKE, .call))
    #expect(opened.number == number && opened.body.readableBytes == 0)
  }

  @Test("a body in pieces is the same as the body in one")
  func pieces() throws {
    let bytes = Array(body.readableBytesView)
    for cut in bytes.indices {
      let pieces = [ByteBuffer(bytes: bytes[..<cut]), ByteBuffer(bytes: bytes[cut...])]
      #expect(try seal().opened(message(seal(), pieces: pieces), .TAKE, .call)?.body == body)
    }
  }

  @Test("a large first piece comes through, and so does a large last one", arguments: [0, 1, 2])
  func largePieces(place: Int) throws {
    var pieces = Array(repeating: ByteBuffer(string: "small"), count: 3)
    pieces[place] = ByteBuffer(repeating: 7, count: 100_000)
    let sealed = try message(seal(), pieces: pieces)
    var all = ByteBuffer()
    for piece in pieces { all.writeImmutableBuffer(piece) }
    #expect(try seal().opened(sealed, .TAKE, .call)?.body == all)
  }

  @Test("no two messages of one seal have the same counter, whatever they say")
  func counters() throws {
    let seal = try seal()
    let copy = seal
    let messages = [message(seal), message(copy), message(seal, .TAKE, .answer)]
    #expect(Set(messages.map { $0.getInteger(at: 8, as: UInt64.self) }) == [1, 2, 3])
  }

  @Test("any flipped bit, of the number, the code or the body, is found out")
  func flippedBits() throws {
    let seal = try seal()
    let bytes = Array(message(seal).readableBytesView)
    for place in bytes.indices {
      for bit in 0..<8 {
        var wrong = bytes
        wrong[place] ^= 1 << UInt8(bit)
        #expect(seal.opened(ByteBuffer(bytes: wrong), .TAKE, .call) == nil, "\(place), \(bit)")
      }
    }
  }

  @Test("any truncation is found out, and what was put behind the end")
  func truncated() throws {
    let seal = try seal()
    let bytes = Array(message(seal).readableBytesView)
    for count in 0..<bytes.count {
      #expect(seal.opened(ByteBuffer(bytes: bytes[..<count]), .TAKE, .call) == nil, "\(count)")
    }
    #expect(seal.opened(ByteBuffer(bytes: bytes + [0]), .TAKE, .call) == nil)
  }

  @Test("a call is not its answer, nor the other way round")
  func direction() throws {
    let seal = try seal()
    #expect(seal.opened(message(seal), .TAKE, .answer) == nil)
    #expect(seal.opened(message(seal, .TAKE, .answer), .TAKE, .call) == nil)
    #expect(seal.opened(message(seal, .TAKE, .answer), .TAKE, .answer) != nil)
  }

  @Test("a message of one procedure is none of another")
  func procedure() throws {
    let seal = try seal()
    let all: [BlockProtocol.Procedure] = [
      .NULL, .CHALLENGE, .PROVE, .LOCATE, .TAKE, .CANCEL, .STATUS, .SYNC, .ACCUSE, .URGE, .CHASE,
    ]
    for one in all {
      for other in all {
        let opened = seal.opened(message(seal, one, .call), other, .call)
        #expect((opened != nil) == (one == other))
      }
    }
  }

  @Test("a message of one number is none of another")
  func number() throws {
    let seal = try seal()
    var renumbered = message(seal, number: 9)
    renumbered.setInteger(UInt64(10), at: renumbered.readerIndex)
    #expect(seal.opened(renumbered, .TAKE, .call) == nil)
  }

  @Test("a message of one connection is none of another: key, session and both nonces count")
  func connection() throws {
    let sealed = try message(seal())
    #expect(try seal(key: 2).opened(sealed, .TAKE, .call) == nil)
    #expect(try seal(session: Sessionid4(high: 3, low: 5)).opened(sealed, .TAKE, .call) == nil)
    #expect(try seal(caller: yours).opened(sealed, .TAKE, .call) == nil)
    #expect(try seal(callee: mine).opened(sealed, .TAKE, .call) == nil)
    #expect(try seal(caller: yours, callee: mine).opened(sealed, .TAKE, .call) == nil)
  }

  @Test("both sides seal alike once the caller has proven its key, whichever of several it was")
  func bothSides() throws {
    let old = [UInt8](repeating: 1, count: 32)
    let new = [UInt8](repeating: 2, count: 32)
    let proof = try #require(
      ClusterKeys([old]).proof(
        by: .caller, session: session, callerNonce: mine, calleeNonce: yours))
    let callee = try #require(
      ClusterKeys([new, old]).messageSeal(
        provenBy: proof, session: session, callerNonce: mine, calleeNonce: yours))
    #expect(callee.opened(try message(seal(key: 1)), .TAKE, .call) != nil)
    #expect(callee.opened(try message(seal(key: 2)), .TAKE, .call) == nil)
  }

  @Test("without a key, and for a proof that no key made, there is no seal")
  func noSeal() throws {
    let none = ClusterKeys([]).messageSeal(
      session: session, callerNonce: mine, calleeNonce: yours)
    let keys = ClusterKeys([[UInt8](repeating: 1, count: 32)])
    let unproven = keys.messageSeal(
      provenBy: [UInt8](repeating: 0, count: ClusterKeys.proofBytes), session: session,
      callerNonce: mine, calleeNonce: yours)
    let callees = try #require(
      keys.proof(by: .callee, session: session, callerNonce: mine, calleeNonce: yours))
    let reflected = keys.messageSeal(
      provenBy: callees, session: session, callerNonce: mine, calleeNonce: yours)
    #expect(none == nil && unproven == nil && reflected == nil)
  }
}
