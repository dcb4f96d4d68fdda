public import NIOCore
public import ONCRPC
public import XDR

/// A data server asks whether a client's READ may be answered. Sent by a peer to the metadata
/// server, after SEQUENCE; no current filehandle, as the one in question is an argument.
///
/// The server checks that the filehandle is of this registration's epoch, that the stateid is an
/// open, lock or delegation of that client on that file and allows the access, that the principal
/// may read the file, and that the client holds a layout that names this data server. The grant is
/// good until CB_PROXY_REVOKE, its lease's end, or the loss of the data server's delegation or own
/// state.
///
/// By status to the data server: what the data server answers the client's READ.
///
/// - `NFS4_OK`: the data.
/// - `NFS4ERR_BAD_STATEID`, `NFS4ERR_OLD_STATEID`, `NFS4ERR_EXPIRED`, `NFS4ERR_ADMIN_REVOKED`,
///   `NFS4ERR_DELEG_REVOKED`: `NFS4ERR_PNFS_NO_LAYOUT`.
/// - `NFS4ERR_PNFS_NO_LAYOUT`: no layout of this client names this data server, or no delegation
///   could be granted to it: `NFS4ERR_PNFS_NO_LAYOUT`.
/// - `NFS4ERR_OPENMODE`: `NFS4ERR_PNFS_NO_LAYOUT`: a stock client takes the same READ to the
///   metadata server, which answers it.
/// - `NFS4ERR_ACCESS`, `NFS4ERR_PERM`: `NFS4ERR_ACCESS`.
/// - `NFS4ERR_STALE`, `NFS4ERR_BADHANDLE`: the same.
/// - `NFS4ERR_DELAY`, `NFS4ERR_GRACE`: `NFS4ERR_PNFS_NO_LAYOUT`: stock clients sleep 15 seconds on
///   the original.
/// - `NFS4ERR_NOTSUPP`: the caller is not registered: `NFS4ERR_PNFS_NO_LAYOUT`, and it registers
///   again.
public enum PROXY_OPEN: NfsOperation {
  public typealias Arguments = PROXY_OPEN4args
  public typealias Resok = PROXY_OPEN4resok
  public static let opnum = NfsOpnum4.OP_PROXY_OPEN
}

///     struct PROXY_OPEN4args {
///         nfs_fh4       poa_fh;         /* as the client presented it, routing cookie included */
///         stateid4      poa_stateid;    /* of the client's READ (a stock client's has seqid 0) */
///         uint32_t      poa_access;     /* OPEN4_SHARE_ACCESS_READ */
///         client_owner4 poa_client;     /* of the client's EXCHANGE_ID at the data server */
///         opaque        poa_cred<400>;  /* the READ's credential: flavor and body */
///         netaddr4      poa_from;       /* whence; for logging and policy only */
///     };
public struct PROXY_OPEN4args: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var stateid: Stateid4
  public var access: UInt32
  public var client: ClientOwner4
  /// An encoded `OpaqueAuth`: at most 400 bytes, of which AUTH_SYS needs 348.
  public var cred: ByteBuffer
  public var from: Netaddr4

  public init(
    fh: NfsFh4, stateid: Stateid4, access: UInt32, client: ClientOwner4, cred: ByteBuffer,
    from: Netaddr4
  ) {
    self.fh = fh
    self.stateid = stateid
    self.access = access
    self.client = client
    self.cred = cred
    self.from = from
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    stateid = try Stateid4(from: &decoder)
    access = try decoder.uint32()
    client = try ClientOwner4(from: &decoder)
    cred = try decoder.opaque(limit: OpaqueAuth.bodyLimitBytes)
    from = try Netaddr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    stateid.encode(to: &encoder)
    encoder.uint32(access)
    client.encode(to: &encoder)
    encoder.opaque(cred)
    from.encode(to: &encoder)
  }
}

extension PROXY_OPEN4args {
  /// The credential in `cred`.
  /// - Throws: `XDRError` where `cred` is not exactly one.
  public func credential() throws(XDRError) -> OpaqueAuth { try OpaqueAuth(xdr: cred) }
}

///     struct PROXY_OPEN4resok {
///         nfs_fh4   por_fh;             /* the metadata server's own: the key of caches */
///         clientid4 por_clientid;       /* there, of the client: the key of CB_PROXY_REVOKE */
///         stateid4  por_proxy_stateid;  /* this grant: (client, file), for CB_PROXY_REVOKE */
///         changeid4 por_change;         /* the version that the grant is for */
///         uint64_t  por_size;           /* bytes of that version */
///         uint32_t  por_lease;          /* seconds that the grant may be used without asking */
///         stateid4  por_delegation;     /* the read delegation that the data server holds now */
///     };
///     union PROXY_OPEN4res switch (nfsstat4 por_status) {
///         case NFS4_OK: PROXY_OPEN4resok por_resok4; default: void;
///     };
public struct PROXY_OPEN4resok: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var clientid: Clientid4
  public var proxyStateid: Stateid4
  public var change: Changeid4
  public var size: UInt64
  public var lease: UInt32
  public var delegation: Stateid4

  public init(
    fh: NfsFh4, clientid: Clientid4, proxyStateid: Stateid4, change: Changeid4, size: UInt64,
    lease: UInt32, delegation: Stateid4
  ) {
    self.fh = fh
    self.clientid = clientid
    self.proxyStateid = proxyStateid
    self.change = change
    self.size = size
    self.lease = lease
    self.delegation = delegation
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    clientid = try decoder.uint64()
    proxyStateid = try Stateid4(from: &decoder)
    change = try decoder.uint64()
    size = try decoder.uint64()
    lease = try decoder.uint32()
    delegation = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    encoder.uint64(clientid)
    proxyStateid.encode(to: &encoder)
    encoder.uint64(change)
    encoder.uint64(size)
    encoder.uint32(lease)
    delegation.encode(to: &encoder)
  }
}
