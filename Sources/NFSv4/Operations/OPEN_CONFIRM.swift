public import XDR

/// Of NFSv4.0 only: NFS4ERR_NOTSUPP since (RFC 8881 §17, RFC 7530 §16.18).
public enum OPEN_CONFIRM: NfsOperation {
  public typealias Arguments = OPEN_CONFIRM4args
  public typealias Resok = OPEN_CONFIRM4resok
  public static let opnum = NfsOpnum4.OP_OPEN_CONFIRM
}

///     struct OPEN_CONFIRM4args { stateid4 open_stateid; seqid4 seqid; };
public struct OPEN_CONFIRM4args: XDRCodable, Hashable, Sendable {
  public var openStateid: Stateid4
  public var seqid: UInt32

  public init(openStateid: Stateid4, seqid: UInt32) {
    self.openStateid = openStateid
    self.seqid = seqid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    openStateid = try Stateid4(from: &decoder)
    seqid = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    openStateid.encode(to: &encoder)
    encoder.uint32(seqid)
  }
}

///     struct OPEN_CONFIRM4resok { stateid4 open_stateid; };
public struct OPEN_CONFIRM4resok: XDRCodable, Hashable, Sendable {
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
