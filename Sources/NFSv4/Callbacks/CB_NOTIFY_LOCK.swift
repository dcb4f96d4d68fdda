public import XDR

/// A lock that was denied may be had now (RFC 8881 §20.11).
public enum CB_NOTIFY_LOCK: NfsCbOperation {
  public typealias Arguments = CB_NOTIFY_LOCK4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_NOTIFY_LOCK
}

///     struct CB_NOTIFY_LOCK4args { nfs_fh4 cnla_fh; lock_owner4 cnla_lock_owner; };
public struct CB_NOTIFY_LOCK4args: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var lockOwner: StateOwner4

  public init(fh: NfsFh4, lockOwner: StateOwner4) {
    self.fh = fh
    self.lockOwner = lockOwner
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    lockOwner = try StateOwner4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    lockOwner.encode(to: &encoder)
  }
}
