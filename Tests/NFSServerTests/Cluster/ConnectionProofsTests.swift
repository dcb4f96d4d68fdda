import NFSServer
import NFSv4
import Testing

@Suite struct ConnectionProofsTests {
  private let keys = ClusterKeys([[UInt8](repeating: 1, count: 32)])
  private let session = Sessionid4(high: 1, low: 2)
  private let nonce = ClusterKeys.newNonce()

  private func challenge(_ proofs: ConnectionProofs, _ connection: UInt64 = 7) -> CHALLENGE1res? {
    proofs.challenge(CHALLENGE1args(nonce: nonce, sessionid: session), connection: connection)
  }

  /// The answer of who holds these keys.
  private func answer(_ res: CHALLENGE1res, keys: ClusterKeys? = nil) throws -> PROVE1args {
    let proof = (keys ?? self.keys).proof(
      by: .caller, session: session, callerNonce: nonce, calleeNonce: res.nonce)
    return PROVE1args(proof: try #require(proof))
  }

  @Test("without a key there is no challenge")
  func noKey() {
    #expect(challenge(ConnectionProofs(keys: ClusterKeys([]))) == nil)
  }

  @Test("nothing is proven by a challenge alone, nor by an answer alone")
  func halves() throws {
    let proofs = ConnectionProofs(keys: keys)
    #expect(!proofs.isProven(7))
    let res = try #require(challenge(proofs))
    #expect(!proofs.isProven(7))
    #expect(try !proofs.prove(answer(res), connection: 8))
    #expect(!proofs.isProven(8))
  }

  @Test("the answer proves the connection for the session it names, and no other")
  func proven() throws {
    let proofs = ConnectionProofs(keys: keys)
    let res = try #require(challenge(proofs))
    #expect(
      keys.isValid(
        res.proof, by: .callee, session: session, callerNonce: nonce, calleeNonce: res.nonce))
    #expect(try proofs.prove(answer(res), connection: 7))
    #expect(proofs.isProven(7) && proofs.isProven(7, session: session))
    #expect(!proofs.isProven(7, session: Sessionid4(high: 1, low: 3)))
    #expect(!proofs.isProven(8) && !proofs.isProven(8, session: session))
  }

  @Test("who answers wrongly is refused for good, with the right key too")
  func refused() throws {
    let proofs = ConnectionProofs(keys: keys)
    let wrong = ClusterKeys([[UInt8](repeating: 2, count: 32)])
    let res = try #require(challenge(proofs))
    #expect(try !proofs.prove(answer(res, keys: wrong), connection: 7))
    #expect(try !proofs.prove(answer(res), connection: 7))
    #expect(challenge(proofs) == nil)
    #expect(!proofs.isProven(7))
  }

  @Test("the server's own proof sent back is no answer")
  func reflection() throws {
    let proofs = ConnectionProofs(keys: keys)
    let res = try #require(challenge(proofs))
    #expect(!proofs.prove(PROVE1args(proof: res.proof), connection: 7))
  }

  @Test("an answer is good for its own challenge only")
  func replay() throws {
    let proofs = ConnectionProofs(keys: keys)
    let first = try answer(try #require(challenge(proofs)))
    #expect(challenge(proofs) != nil)
    #expect(!proofs.prove(first, connection: 7))
  }

  @Test("a proof ends with its connection")
  func closed() throws {
    let proofs = ConnectionProofs(keys: keys)
    let res = try #require(challenge(proofs))
    #expect(try proofs.prove(answer(res), connection: 7))
    proofs.closed(7)
    #expect(!proofs.isProven(7))
  }
}
