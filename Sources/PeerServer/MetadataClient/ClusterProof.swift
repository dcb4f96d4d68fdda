import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Transport
import XDR

/// Proves to the other side of a connection that this one holds the cluster's key, after it has
/// proven the same: the key itself never travels.
enum ClusterProof {
  /// - Parameter session: what the proof is bound to besides the connection; zero for none.
  /// - Throws: `MetadataClientError.serverKnowsNoPeers`, `ConnectionFailure`, or why there was no
  ///   answer.
  static func prove(
    on connection: RPCConnection, session: Sessionid4, keys: ClusterKeys
  ) async throws {
    let nonce = ClusterKeys.newNonce()
    let challenge: CHALLENGE1res = try await call(
      .CHALLENGE, CHALLENGE1args(nonce: nonce, sessionid: session), on: connection)
    guard
      keys.isValid(
        challenge.proof, by: .callee, session: session, callerNonce: nonce,
        calleeNonce: challenge.nonce),
      let proof = keys.proof(
        by: .caller, session: session, callerNonce: nonce, calleeNonce: challenge.nonce)
    else { throw ConnectionFailure.unproven }
    let answer: PROVE1res = try await call(.PROVE, PROVE1args(proof: proof), on: connection)
    guard answer.status == .PROVE1_OK else { throw ConnectionFailure.proofRefused }
  }

  private static func call<Result: XDRCodable & Sendable>(
    _ procedure: BlockProtocol.Procedure, _ arguments: some XDRCodable,
    on connection: RPCConnection
  ) async throws -> Result {
    do {
      let reply = try await connection.call(
        program: BlockProtocol.program, version: BlockProtocol.version,
        procedure: procedure.rawValue, arguments: arguments.xdr, timeout: .seconds(10)
      ).get()
      return try Result(xdr: reply)
    } catch RPCCallError.refused(.progUnavail) {
      throw MetadataClientError.serverKnowsNoPeers
    } catch is XDRError {
      throw ConnectionFailure.malformed("\(procedure)")
    }
  }
}
