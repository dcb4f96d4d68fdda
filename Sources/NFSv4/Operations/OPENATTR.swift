public import XDR

/// Goes to the directory of named attributes (RFC 8881 §18.17).
public enum OPENATTR: NfsOperation {
  public typealias Arguments = OPENATTR4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_OPENATTR
}

///     struct OPENATTR4args { bool createdir; };
public struct OPENATTR4args: XDRCodable, Hashable, Sendable {
  public var createdir: Bool

  public init(createdir: Bool) {
    self.createdir = createdir
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    createdir = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(createdir)
  }
}
