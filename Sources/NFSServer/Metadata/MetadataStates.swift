public import NFSv4
public import ONCRPC
public import Placement

/// An open of one file by one owner of one client (RFC 8881 §9.1).
public struct OpenState<OpenFile: Sendable>: Sendable {
  public var stateid: Stateid4
  public let clientid: Clientid4
  let owner: [UInt8]
  public let file: NfsFh4
  /// OPEN4_SHARE_ACCESS_* and OPEN4_SHARE_DENY_* bits, over all OPENs of the owner.
  public internal(set) var access: UInt32
  public internal(set) var deny: UInt32
  /// The file, open for `access` at least: OPEN_DOWNGRADE leaves it as it is.
  public internal(set) var openFile: OpenFile
  /// Who opened it: to whom READ and WRITE need not check the file's mode again.
  public internal(set) var opener: RPCPrincipal
}

/// A delegation of a file (RFC 8881 §10.4).
///
/// States: held → recalled → returned (gone) or, after a lease, revoked (gone, and remembered
/// until FREE_STATEID).
public struct DelegationState: Sendable {
  public var stateid: Stateid4
  public let clientid: Clientid4
  public let file: NfsFh4
  /// The version that is delegated.
  public let change: Changeid4
  /// The client may cache writes too.
  public let isWriting: Bool
  /// When it was recalled; nil while it is held undisturbed.
  public internal(set) var recalled: Duration?
}

/// A layout of one client for one file. It covers the whole file, for reading (RFC 8881 §12.5).
///
/// States: held → recalled → returned (gone).
public struct LayoutState: Sendable {
  public var stateid: Stateid4
  public let clientid: Clientid4
  public let file: NfsFh4
  /// The data server that the stripe indices choose.
  public internal(set) var dataServer: UInt64
  /// How far it is from the client.
  var distance = Distance.elsewhere
  public internal(set) var recalled: Duration?
}

/// What PROXY_OPEN granted to a data server: READs of one file by one client with one stateid.
public struct ProxyGrant: Sendable {
  public let stateid: Stateid4
  /// The data server's client ID.
  public let server: Clientid4
  /// The reader's client ID.
  public let reader: Clientid4
  public let file: NfsFh4
  /// The reader's open or delegation.
  public let state: StateidOther
}

/// Grants that are being taken back from a data server by CB_PROXY_REVOKE.
///
/// States: sent → acknowledged (gone), or → given up (the data server's lease is over, or it did
/// not answer for a whole lease): see `MetadataState.settled`.
public struct ProxyRevocation: Hashable, Sendable {
  public let id: UInt64
  /// The data server's client ID.
  public let server: Clientid4
  public let reader: Clientid4
  /// Those that end; nil: all of the reader.
  public let stateids: [Stateid4]?

  public init(id: UInt64, server: Clientid4, reader: Clientid4, stateids: [Stateid4]?) {
    self.id = id
    self.server = server
    self.reader = reader
    self.stateids = stateids
  }
}

/// A registered data server.
public struct DataServer: Sendable {
  public let id: UInt64
  public let stateid: Stateid4
  public let clientid: Clientid4
  public let name: String
  public let addresses: [Netaddr4]
  public let addressBytes: [[UInt8]]
  public let locality: Locality
  /// Its own number in the cluster's gossip.
  public let member: UInt64
  /// Where it gossips.
  public let gossip: Netaddr4
  /// When it registered.
  public let registered: Duration
  /// How long a READ that arrives now would wait, in seconds, as gossip says.
  public internal(set) var queueSeconds = 0.0
  var busyReports = 0
  /// It was busy for a while: others go first until it is not.
  public internal(set) var isOverloaded = false
  /// It is about to stop, or not to be trusted: it is not named in new layouts.
  public internal(set) var isDraining = false
  /// False while its connection is down: it is not named in new layouts.
  public internal(set) var isReachable = true
}

/// What the state tables want done, in order.
public enum MetadataDirective: Sendable {
  /// Recall a layout by CB_LAYOUTRECALL.
  case recallLayout(LayoutState)
  /// Recall a delegation by CB_RECALL.
  case recallDelegation(DelegationState)
  /// Ask the holder of a write delegation by CB_GETATTR for the file's size and change attribute.
  case askWriter(DelegationState)
  /// End grants at a data server by CB_PROXY_REVOKE.
  case revokeGrants(ProxyRevocation)
  /// Tell a client that waits for a lock by CB_NOTIFY_LOCK.
  case notifyLock(LockNotice)
}
