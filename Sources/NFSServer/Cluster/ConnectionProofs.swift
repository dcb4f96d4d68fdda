public import NFSv4
import Synchronization

/// Which connections have proven that their other side holds the cluster key, and for which
/// session. A proof ends with its connection.
///
/// States of a connection: nothing → (CHALLENGE) challenged → (PROVE) proven or refused. A refused
/// connection stays so.
public final class ConnectionProofs: Sendable {
  private enum State {
    case challenged(session: Sessionid4, callerNonce: [UInt8], calleeNonce: [UInt8])
    case proven(session: Sessionid4, MessageSeal)
    case refused
  }

  /// A connection that is challenged needs some memory before it has proven anything.
  private static let challengedLimit = 65_536

  private let keys: ClusterKeys
  private let states = Mutex<[UInt64: State]>([:])

  /// - Parameter keys: what has to be proven.
  public init(keys: ClusterKeys) { self.keys = keys }

  /// CHALLENGE: this side's proof and what the other has to answer; nil without a key.
  public func challenge(_ arguments: CHALLENGE1args, connection: UInt64) -> CHALLENGE1res? {
    let nonce = ClusterKeys.newNonce()
    guard
      let proof = keys.proof(
        by: .callee, session: arguments.sessionid, callerNonce: arguments.nonce,
        calleeNonce: nonce)
    else { return nil }
    let isAdmitted = states.withLock { states in
      if case .refused = states[connection] { return false }
      guard states[connection] != nil || states.count < Self.challengedLimit else { return false }
      states[connection] = .challenged(
        session: arguments.sessionid, callerNonce: arguments.nonce, calleeNonce: nonce)
      return true
    }
    return isAdmitted ? CHALLENGE1res(nonce: nonce, proof: proof) : nil
  }

  /// PROVE.
  public func prove(_ arguments: PROVE1args, connection: UInt64) -> Bool {
    states.withLock { states in
      guard case .challenged(let session, let callerNonce, let calleeNonce) = states[connection],
        keys.isValid(
          arguments.proof, by: .caller, session: session, callerNonce: callerNonce,
          calleeNonce: calleeNonce),
        let seal = keys.messageSeal(
          provenBy: arguments.proof, session: session, callerNonce: callerNonce,
          calleeNonce: calleeNonce)
      else {
        states[connection] = .refused
        return false
      }
      states[connection] = .proven(session: session, seal)
      return true
    }
  }

  /// Whether the connection has proven the key, for any session.
  public func isProven(_ connection: UInt64) -> Bool {
    states.withLock {
      if case .proven = $0[connection] { return true }
      return false
    }
  }

  /// What was proven on a connection: for which session, and what messages on it are sealed with;
  /// nil while nothing is.
  public func proven(_ connection: UInt64) -> (session: Sessionid4, seal: MessageSeal)? {
    states.withLock {
      if case .proven(let session, let seal) = $0[connection] { return (session, seal) }
      return nil
    }
  }

  /// Whether the connection has proven the key for this session.
  public func isProven(_ connection: UInt64, session: Sessionid4) -> Bool {
    states.withLock {
      if case .proven(session, _) = $0[connection] { return true }
      return false
    }
  }

  /// The connection is gone, and its proof with it.
  public func closed(_ connection: UInt64) {
    states.withLock { $0[connection] = nil }
  }
}
