public import XDR

/// Returns the current filehandle (RFC 8881 §18.8).
public enum GETFH: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = GETFH4resok
  public static let opnum = NfsOpnum4.OP_GETFH
}

///     struct GETFH4resok { nfs_fh4 object; };
public struct GETFH4resok: XDRCodable, Hashable, Sendable {
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
