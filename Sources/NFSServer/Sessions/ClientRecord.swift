public import NFSv4
import NIOCore
import ONCRPC
import XDR

/// What the server knows of one client ID (RFC 8881 §2.4).
///
/// States: unconfirmed → (CREATE_SESSION) confirmed → expired or destroyed: gone.
public struct ClientRecord: Sendable {
  public let clientid: Clientid4
  public let owner: ClientOwner4
  public internal(set) var isConfirmed = false
  /// RECLAIM_COMPLETE for all file systems was seen.
  public internal(set) var hasReclaimed = false
  public internal(set) var sessions: [Sessionid4] = []
  /// When the lease was last renewed, on the caller's monotonic clock.
  public internal(set) var renewed: Duration
  /// The address of the connection that made the client ID, in network byte order.
  public internal(set) var address: [UInt8]

  /// It was cut off by the server, and may not know it before its lease is over on its own clock.
  public internal(set) var isCutOff = false
  /// What the bound on clients of one address counts it by.
  let source: [UInt8]

  /// Recallable state was revoked, and FREE_STATEID has not come for all of it.
  var hasRevokedState = false

  /// Who may use the client ID (RFC 8881 §2.4.3).
  var principal: PrincipalKey
  /// `eir_sequenceid`: what the next CREATE_SESSION has to carry.
  var createSequence: UInt32 = 1
  /// The reply of the last CREATE_SESSION, for its retry.
  var createReply: Result<CREATE_SESSION4resok, Nfsstat4>?

  init(
    clientid: Clientid4, owner: ClientOwner4, principal: PrincipalKey, address: [UInt8],
    now: Duration
  ) {
    self.clientid = clientid
    self.owner = owner
    self.principal = principal
    self.address = address
    self.source = Self.source(of: address)
    self.renewed = now
  }

  /// An IPv4 address, or the first 64 bits of an IPv6 address.
  static func source(of address: [UInt8]) -> [UInt8] { Array(address.prefix(8)) }
}

/// A principal as far as two requests can be compared.
enum PrincipalKey: Hashable, Sendable {
  case none
  case sys(uid: UInt32)

  init(_ principal: RPCPrincipal) {
    switch principal {
    case .none: self = .none
    case .sys(let uid, _, _): self = .sys(uid: uid)
    }
  }
}
