public import XDR

/// The client has reclaimed what it will (RFC 8881 §18.51).
public enum RECLAIM_COMPLETE: NfsOperation {
  public typealias Arguments = RECLAIM_COMPLETE4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_RECLAIM_COMPLETE
}

///     struct RECLAIM_COMPLETE4args { bool rca_one_fs; };
public struct RECLAIM_COMPLETE4args: XDRCodable, Hashable, Sendable {
  /// Only of the current filehandle's file system, after a migration.
  public var oneFs: Bool

  public init(oneFs: Bool) {
    self.oneFs = oneFs
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    oneFs = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(oneFs)
  }
}
