public import XDR

/// Finds the next data or hole (RFC 7862 §15.11).
public enum SEEK: NfsOperation {
  public typealias Arguments = SEEK4args
  public typealias Resok = SeekRes4
  public static let opnum = NfsOpnum4.OP_SEEK
}

///     struct SEEK4args { stateid4 sa_stateid; offset4 sa_offset; data_content4 sa_what; };
public struct SEEK4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var offset: UInt64
  public var what: DataContent4

  public init(stateid: Stateid4, offset: UInt64, what: DataContent4) {
    self.stateid = stateid
    self.offset = offset
    self.what = what
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    what = try DataContent4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(offset)
    what.encode(to: &encoder)
  }
}

///     struct seek_res4 { bool sr_eof; offset4 sr_offset; };
public struct SeekRes4: XDRCodable, Hashable, Sendable {
  public var eof: Bool
  public var offset: UInt64

  public init(eof: Bool, offset: UInt64) {
    self.eof = eof
    self.offset = offset
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    eof = try decoder.bool()
    offset = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(eof)
    encoder.uint64(offset)
  }
}
