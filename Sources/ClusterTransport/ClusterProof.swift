public import NFSServer
public import NFSv4
import NIOCore
import ONCRPC
public import Transport
import XDR

/// Why two sides of a connection do not trust each other.
public enum ProofError: Error, Hashable, Sendable {
  /// The other side has no such program: it is no part of a cluster.
  case unknownProgram
  /// The other side did not prove that it holds the cluster's key.
  case unproven
  /// The other side did not accept our proof.
  case refused
  case malformed
}

/// Proves to the other side of a connection that this one holds the cluster's key, after it has
/// proven the same: the key itself never travels.
public enum ClusterProof {
  /// - Parameter session: what the proof is bound to besides the connection: a session's id; on a
  ///   connection for blocks alone, `member(_:)` of the caller.
  /// - Returns: what further messages on the connection are sealed with.
  /// - Throws: `ProofError`, or why there was no answer.
  @discardableResult
  public static func prove(
    on connection: RPCConnection, session: Sessionid4, keys: ClusterKeys
  ) async throws -> MessageSeal {
    let nonce = ClusterKeys.newNonce()
    let challenge: CHALLENGE1res = try await call(
      .CHALLENGE, CHALLENGE1args(nonce: nonce, sessionid: session), on: connection)
    guard
      keys.isValid(
        challenge.proof, by: .callee, session: session, callerNonce: nonce,
        calleeNonce: challenge.nonce),
      let proof = keys.proof(
        by: .caller, session: session, callerNonce: nonce, calleeNonce: challenge.nonce),
      let seal = keys.messageSeal(
        session: session, callerNonce: nonce, calleeNonce: challenge.nonce)
    else { throw ProofError.unproven }
    let answer: PROVE1res = try await call(.PROVE, PROVE1args(proof: proof), on: connection)
    guard answer.status == .PROVE1_OK else { throw ProofError.refused }
    return seal
  }

  /// How a member names itself where there is no session: no session has this id.
  public static func member(_ id: UInt64) -> Sessionid4 { Sessionid4(high: id, low: 0) }

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
      throw ProofError.unknownProgram
    } catch is XDRError {
      throw ProofError.malformed
    }
  }
}
