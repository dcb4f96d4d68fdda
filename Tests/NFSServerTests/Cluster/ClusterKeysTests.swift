import NFSServer
import NFSv4
import Testing

@Suite struct ClusterKeysTests {
  private let key = [UInt8](repeating: 1, count: 32)
  private let other = [UInt8](repeating: 2, count: 32)
  private let session = Sessionid4(high: 3, low: 4)
  private let mine = ClusterKeys.newNonce()
  private let yours = ClusterKeys.newNonce()

  private func isValid(
    _ keys: ClusterKeys, _ proof: [UInt8], _ side: ClusterKeys.Side = .caller,
    session: Sessionid4? = nil, caller: [UInt8]? = nil, callee: [UInt8]? = nil
  ) -> Bool {
    keys.isValid(
      proof, by: side, session: session ?? self.session, callerNonce: caller ?? mine,
      calleeNonce: callee ?? yours)
  }

  private func made(_ keys: ClusterKeys, _ side: ClusterKeys.Side = .caller) -> [UInt8]? {
    keys.proof(by: side, session: session, callerNonce: mine, calleeNonce: yours)
  }

  @Test("without a key nothing is proven and nothing believed")
  func noKey() throws {
    let keys = ClusterKeys([])
    #expect(keys.isEmpty)
    #expect(made(keys) == nil)
    #expect(!isValid(keys, try #require(made(ClusterKeys([key])))))
    #expect(!isValid(keys, []))
  }

  @Test("a proof of another key is not believed")
  func wrongKey() throws {
    #expect(!isValid(ClusterKeys([other]), try #require(made(ClusterKeys([key])))))
  }

  @Test("one side's proof is not the other's: what was sent cannot be sent back")
  func reflection() throws {
    let keys = ClusterKeys([key])
    let callee = try #require(made(keys, .callee))
    #expect(isValid(keys, callee, .callee))
    #expect(!isValid(keys, callee, .caller))
    #expect(!isValid(keys, callee, .caller, caller: yours, callee: mine))
  }

  @Test("a proof is of its session and both nonces, and of every bit")
  func bound() throws {
    let keys = ClusterKeys([key])
    let proof = try #require(made(keys))
    #expect(proof.count == ClusterKeys.proofBytes)
    #expect(isValid(keys, proof))
    #expect(!isValid(keys, proof, session: Sessionid4(high: 3, low: 5)))
    #expect(!isValid(keys, proof, caller: yours))
    #expect(!isValid(keys, proof, callee: mine))
    #expect(!isValid(keys, proof.dropLast()))
    #expect(!isValid(keys, proof + [0]))
    #expect(!isValid(keys, []))
    for index in proof.indices {
      var wrong = proof
      wrong[index] ^= 1
      #expect(!isValid(keys, wrong))
    }
  }

  @Test("while keys are exchanged the old and the new one are accepted, the first is used")
  func rotation() throws {
    let both = ClusterKeys([other, key])
    #expect(isValid(both, try #require(made(ClusterKeys([key])))))
    #expect(isValid(both, try #require(made(ClusterKeys([other])))))
    #expect(made(both) == made(ClusterKeys([other])))
  }

  @Test("no two nonces are equal")
  func nonces() {
    #expect(mine.count == ClusterKeys.nonceBytes && mine != yours)
  }
}
