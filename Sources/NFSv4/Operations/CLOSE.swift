public import XDR

/// Ends an open (RFC 8881 §18.2).
public enum CLOSE: NfsOperation {
  public typealias Arguments = CLOSE4args
  public typealias Resok = CLOSE4resok
  public static let opnum = NfsOpnum4.OP_CLOSE
}

///     struct CLOSE4args { seqid4 seqid; stateid4 open_stateid; };
public struct CLOSE4args: XDRCodable, Hashable, Sendable {
  /// Of NFSv4.0; to be ignored.
  public var seqid: UInt32
  public var openStateid: Stateid4

  public init(seqid: UInt32, openStateid: Stateid4) {
    self.seqid = seqid
    self.openStateid = openStateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    seqid = try decoder.uint32()
    openStateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(seqid)
    openStateid.encode(to: &encoder)
  }
}

///     union CLOSE4res switch (nfsstat4 status) {
///         case NFS4_OK: stateid4 open_stateid;
///         default:      void;
///     };
public struct CLOSE4resok: XDRCodable, Hashable, Sendable {
  /// No longer of any use.
  public var openStateid: Stateid4

  public init(openStateid: Stateid4) {
    self.openStateid = openStateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    openStateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    openStateid.encode(to: &encoder)
  }
}
