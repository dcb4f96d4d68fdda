public import XDR

/// What was written through a layout becomes visible (RFC 8881 §18.42).
public enum LAYOUTCOMMIT: NfsOperation {
  public typealias Arguments = LAYOUTCOMMIT4args
  public typealias Resok = LAYOUTCOMMIT4resok
  public static let opnum = NfsOpnum4.OP_LAYOUTCOMMIT
}

///     union newtime4 switch (bool nt_timechanged) {
///         case TRUE: nfstime4 nt_time; case FALSE: void;
///     };
///     union newoffset4 switch (bool no_newoffset) {
///         case TRUE: offset4 no_offset; case FALSE: void;
///     };
///     struct LAYOUTCOMMIT4args {
///         offset4 loca_offset; length4 loca_length; bool loca_reclaim; stateid4 loca_stateid;
///         newoffset4 loca_last_write_offset; newtime4 loca_time_modify;
///         layoutupdate4 loca_layoutupdate;
///     };
public struct LAYOUTCOMMIT4args: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  public var length: UInt64
  public var reclaim: Bool
  public var stateid: Stateid4
  public var lastWriteOffset: UInt64?
  public var timeModify: Nfstime4?
  public var layoutupdate: Layoutupdate4

  public init(
    offset: UInt64, length: UInt64, reclaim: Bool, stateid: Stateid4, lastWriteOffset: UInt64?,
    timeModify: Nfstime4?, layoutupdate: Layoutupdate4
  ) {
    self.offset = offset
    self.length = length
    self.reclaim = reclaim
    self.stateid = stateid
    self.lastWriteOffset = lastWriteOffset
    self.timeModify = timeModify
    self.layoutupdate = layoutupdate
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
    reclaim = try decoder.bool()
    stateid = try Stateid4(from: &decoder)
    lastWriteOffset = try decoder.optional { d throws(XDRError) in try d.uint64() }
    timeModify = try decoder.optional { d throws(XDRError) in try Nfstime4(from: &d) }
    layoutupdate = try Layoutupdate4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
    encoder.bool(reclaim)
    stateid.encode(to: &encoder)
    encoder.optional(lastWriteOffset) { $1.uint64($0) }
    encoder.optional(timeModify) { $0.encode(to: &$1) }
    layoutupdate.encode(to: &encoder)
  }
}

///     union newsize4 switch (bool ns_sizechanged) { case TRUE: length4 ns_size;
///     case FALSE: void; };
///     struct LAYOUTCOMMIT4resok { newsize4 locr_newsize; };
public struct LAYOUTCOMMIT4resok: XDRCodable, Hashable, Sendable {
  public var newsize: UInt64?

  public init(newsize: UInt64?) {
    self.newsize = newsize
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    newsize = try decoder.optional { d throws(XDRError) in try d.uint64() }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.optional(newsize) { $1.uint64($0) }
  }
}
