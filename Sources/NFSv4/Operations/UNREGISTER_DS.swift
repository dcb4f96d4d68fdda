public import XDR

/// A data server will serve no longer. Sent by a peer to the metadata server, after SEQUENCE.
///
/// The server names it in no further layout, recalls every layout that does (CB_LAYOUTRECALL),
/// deletes the device (CB_NOTIFY_DEVICEID) and answers; the recalls may still be running then, so
/// the peer serves on for a moment after `NFS4_OK`.
///
/// By status: why, then what the peer does.
///
/// - `NFS4_OK`: the registration is gone. Drains and ends.
/// - `NFS4ERR_BAD_STATEID`, `NFS4ERR_OLD_STATEID`, `NFS4ERR_EXPIRED`: it was gone already. Drains
///   and ends.
/// - `NFS4ERR_DELAY`: not now. Tries again while it has time.
/// - `NFS4ERR_OP_NOT_IN_SESSION`, `NFS4ERR_SERVERFAULT`: as everywhere. Drains and ends.
public enum UNREGISTER_DS: NfsOperation {
  public typealias Arguments = UNREGISTER_DS4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_UNREGISTER_DS
}

///     struct UNREGISTER_DS4args { stateid4 uda_stateid; };
///     struct UNREGISTER_DS4res  { nfsstat4 udr_status; };
public struct UNREGISTER_DS4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4

  public init(stateid: Stateid4) {
    self.stateid = stateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
  }
}
