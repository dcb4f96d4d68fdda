public import XDR

/// Grants of PROXY_OPEN end. Sent by the metadata server to a data server, after CB_SEQUENCE.
///
/// The data server drops the grants, lets READs that run under them end or cuts them off, and only
/// then answers. From its `NFS4_OK` on no byte is served under what was revoked. It answers
/// `NFS4_OK` also where it holds no such grant.
///
/// By status to the server: why, then what the server does.
///
/// - `NFS4_OK`: fenced. Goes on with what it revoked the grants for.
/// - `NFS4ERR_DELAY`: READs are still being ended. Asks again.
/// - `NFS4ERR_BADXDR`, `NFS4ERR_SERVERFAULT`, those of CB_SEQUENCE: as everywhere. Asks again.
/// - no answer within the lease: the data server is dead or cut off. Revokes the data server's own
///   state: it has to stop by its own clock.
public enum CB_PROXY_REVOKE: NfsCbOperation {
  public typealias Arguments = CB_PROXY_REVOKE4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_PROXY_REVOKE
}

///     struct CB_PROXY_REVOKE4args {
///         clientid4 cpra_clientid;    /* the client, as in por_clientid */
///         bool      cpra_all;         /* TRUE: everything of that client (its lease expired) */
///         stateid4  cpra_stateids<>;  /* else: these por_proxy_stateids */
///     };
///     struct CB_PROXY_REVOKE4res { nfsstat4 cprr_status; };
public struct CB_PROXY_REVOKE4args: XDRCodable, Hashable, Sendable {
  /// Grants that one callback can name.
  public static let stateidLimit = 4096

  public var clientid: Clientid4
  public var all: Bool
  public var stateids: [Stateid4]

  public init(clientid: Clientid4, all: Bool, stateids: [Stateid4]) {
    self.clientid = clientid
    self.all = all
    self.stateids = stateids
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientid = try decoder.uint64()
    all = try decoder.bool()
    stateids = try decoder.array(limit: Self.stateidLimit, elementBytes: 16) { d throws(XDRError) in
      try Stateid4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(clientid)
    encoder.bool(all)
    encoder.array(stateids) { $0.encode(to: &$1) }
  }
}
