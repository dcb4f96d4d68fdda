public import XDR

/// Of NFSv4.0 only: NFS4ERR_NOTSUPP since (RFC 8881 §17, RFC 7530 §16.37).
public enum RELEASE_LOCKOWNER: NfsOperation {
  public typealias Arguments = RELEASE_LOCKOWNER4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_RELEASE_LOCKOWNER
}

///     struct RELEASE_LOCKOWNER4args { lock_owner4 lock_owner; };
public struct RELEASE_LOCKOWNER4args: XDRCodable, Hashable, Sendable {
  public var lockOwner: StateOwner4

  public init(lockOwner: StateOwner4) {
    self.lockOwner = lockOwner
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    lockOwner = try StateOwner4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    lockOwner.encode(to: &encoder)
  }
}
