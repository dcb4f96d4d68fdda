import Crypto
public import NFSv4
import NIOCore
import Synchronization

/// The cluster's secret keys, and the proof that one side of a connection holds one of them.
///
/// The proof is a challenge and a response: each side sends 32 random bytes, and each answers with
///
///     HMAC-SHA256(key, label || sessionid || caller's nonce || callee's nonce)
///
/// with a label of its own, so that neither answer can be used as the other. The key never leaves
/// the process. The proof holds for the connection it was made on and the session it names: other
/// keys change nothing about it.
public final class ClusterKeys: Sendable {
  public static let nonceBytes = 32
  public static let proofBytes = 32

  /// Which side proves.
  public enum Side: Sendable {
    /// The one that sent CHALLENGE: a peer.
    case caller
    /// The one that answers it.
    case callee

    fileprivate var label: [UInt8] {
      switch self {
      case .caller: Array("p2pnfs proof of the caller, 1".utf8)
      case .callee: Array("p2pnfs proof of the callee, 1".utf8)
      }
    }
  }

  private let current: Mutex<[SymmetricKey]>

  /// - Parameter keys: the first is used, all are accepted. None: nothing can be proven.
  public init(_ keys: [[UInt8]]) { current = Mutex(keys.map { SymmetricKey(data: $0) }) }

  public var isEmpty: Bool { keys.isEmpty }

  /// Uses and accepts other keys from now on.
  public func replace(with keys: [[UInt8]]) {
    current.withLock { $0 = keys.map { SymmetricKey(data: $0) } }
  }

  private var keys: [SymmetricKey] { current.withLock { $0 } }

  public static func newNonce() -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    return (0..<nonceBytes).map { _ in UInt8.random(in: .min ... .max, using: &random) }
  }

  /// This side's proof, with the first key; nil without keys.
  public func proof(
    by side: Side, session: Sessionid4, callerNonce: some Collection<UInt8>,
    calleeNonce: some Collection<UInt8>
  ) -> [UInt8]? {
    guard let key = keys.first else { return nil }
    let text = message(side, session, callerNonce, calleeNonce)
    return Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
  }

  /// Whether the other side's proof was made with one of the keys. Takes the same time whatever
  /// is wrong with it.
  public func isValid(
    _ proof: some Collection<UInt8>, by side: Side, session: Sessionid4,
    callerNonce: some Collection<UInt8>, calleeNonce: some Collection<UInt8>
  ) -> Bool {
    let text = message(side, session, callerNonce, calleeNonce)
    let code = Array(proof)
    return keys.contains {
      HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: text, using: $0)
    }
  }

  /// What both sides seal their messages with once the caller has proven its key: a key that only
  /// those have who know the cluster's, different for every connection.
  /// - Parameter proof: the caller's; nil: it is this side's own, made with the first key.
  /// - Returns: nil when no key fits.
  public func messageSeal(
    provenBy proof: [UInt8]? = nil, session: Sessionid4, callerNonce: [UInt8],
    calleeNonce: [UInt8]
  ) -> MessageSeal? {
    let text = message(.caller, session, callerNonce, calleeNonce)
    let key =
      if let proof {
        keys.first {
          HMAC<SHA256>.isValidAuthenticationCode(proof, authenticating: text, using: $0)
        }
      } else {
        keys.first
      }
    guard let key else { return nil }
    return MessageSeal(
      key: HKDF<SHA256>.deriveKey(
        inputKeyMaterial: key, salt: callerNonce + calleeNonce,
        info: Array("p2pnfs messages, 2".utf8) + Array(session.xdr.readableBytesView),
        outputByteCount: 32))
  }

  private func message(
    _ side: Side, _ session: Sessionid4, _ callerNonce: some Collection<UInt8>,
    _ calleeNonce: some Collection<UInt8>
  ) -> [UInt8] {
    side.label + Array(session.xdr.readableBytesView) + Array(callerNonce) + Array(calleeNonce)
  }
}
