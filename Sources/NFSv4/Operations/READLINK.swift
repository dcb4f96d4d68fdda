public import XDR

/// Reads a symbolic link's text (RFC 8881 §18.24).
public enum READLINK: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = READLINK4resok
  public static let opnum = NfsOpnum4.OP_READLINK
}

///     struct READLINK4resok { linktext4 link; };
public struct READLINK4resok: XDRCodable, Hashable, Sendable {
  public var link: [UInt8]

  public init(link: [UInt8]) {
    self.link = link
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    link = try decoder.bytes(limit: NFS4.linktextLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(link)
  }
}
