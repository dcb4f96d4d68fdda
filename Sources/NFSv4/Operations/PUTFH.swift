public import XDR

/// Sets the current filehandle (RFC 8881 §18.19).
public enum PUTFH: NfsOperation {
  public typealias Arguments = PUTFH4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_PUTFH
}

///     struct PUTFH4args { nfs_fh4 object; };
public struct PUTFH4args: XDRCodable, Hashable, Sendable {
  public var object: NfsFh4

  public init(object: NfsFh4) {
    self.object = object
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    object = try NfsFh4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    object.encode(to: &encoder)
  }
}
