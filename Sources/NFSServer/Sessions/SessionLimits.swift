public import NFSv4

/// What a server is and offers in its sessions.
public struct SessionLimits: Sendable {
  /// Bytes of a request with all its headers.
  public var maxRequestBytes: UInt32 = 1024 * 1024 + 16 * 1024
  /// Bytes of a reply with all its headers.
  public var maxResponseBytes: UInt32 = 1024 * 1024 + 16 * 1024
  /// Bytes of a reply kept for a retry.
  public var maxCachedResponseBytes: UInt32 = 8 * 1024
  /// Operations in one COMPOUND.
  public var maxOperations: UInt32 = 64
  /// Slots of a session: requests of one session that run at once.
  public var maxSlots: UInt32 = 64
  /// Callbacks of one session that run at once.
  public var maxBackSlots: UInt32 = 16
  /// Sessions of one client; more get NFS4ERR_NOSPC.
  public var sessionsPerClient = 16
  /// Clients known at once, confirmed or not. For one more, the oldest that is not confirmed goes,
  /// else the one that has been without a session for longest and holds no state; without such a
  /// client, the new one gets NFS4ERR_DELAY.
  public var clients = 65_536
  /// The same for the clients of one address, so that one host does not keep out the others. An
  /// IPv6 address counts by its first 64 bits, as a host has all that follow. Hosts behind one
  /// address translator share the bound.
  public var clientsPerAddress = 1024
  /// Sessions of all clients; more get NFS4ERR_DELAY.
  public var sessions = 131_072
  /// Bytes of all replies kept for retries, over all sessions. At the limit further replies are
  /// not kept, and a retry of theirs gets NFS4ERR_RETRY_UNCACHED_REP.
  public var cachedReplyBytes = 256 * 1024 * 1024

  public init() {}

  /// The smallest values with which a client can work at all.
  static let minRequestBytes: UInt32 = 512
  static let minResponseBytes: UInt32 = 512
  static let minOperations: UInt32 = 2
}

/// Who the server says it is in EXCHANGE_ID (RFC 8881 §18.35).
public struct ServerIdentity: Sendable {
  public var owner: ServerOwner4
  public var scope: [UInt8]
  /// Which roles it plays: metadata server, data server, server without pNFS.
  public var roles: Exchgid4Flags
  public var implementation: NfsImplId4?
  /// Upper half of every clientid: differs between two starts of the server.
  public var instance: UInt32
  /// After this long without a request a client's state is gone.
  public var leaseSeconds: UInt32

  public init(
    owner: ServerOwner4, scope: [UInt8], roles: Exchgid4Flags, implementation: NfsImplId4?,
    instance: UInt32, leaseSeconds: UInt32
  ) {
    self.owner = owner
    self.scope = scope
    self.roles = roles
    self.implementation = implementation
    self.instance = instance
    self.leaseSeconds = leaseSeconds
  }
}
