public import XDR

/// A client asks who else has the file's data (RFC 8881 §18.43).
public enum LAYOUTGET: NfsOperation {
  public typealias Arguments = LAYOUTGET4args
  public typealias Resok = LAYOUTGET4resok
  public static let opnum = NfsOpnum4.OP_LAYOUTGET

  /// With `NFS4ERR_LAYOUTTRYLATER` goes whether the server will call back; false here.
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {
    encodeRefusal(status, willSignalLayoutAvail: false, to: &encoder)
  }

  /// - Parameter willSignalLayoutAvail: CB_RECALLABLE_OBJ_AVAIL will follow; for
  ///   `NFS4ERR_LAYOUTTRYLATER` only.
  public static func encodeRefusal(
    _ status: Nfsstat4, willSignalLayoutAvail: Bool, to encoder: inout XDREncoder
  ) {
    if status == .NFS4ERR_LAYOUTTRYLATER { encoder.bool(willSignalLayoutAvail) }
  }

  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    _ = try decodeRefusal(status, from: &decoder)
  }

  /// The `logr_will_signal_layout_avail` of a refusal that has one.
  public static func decodeRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) -> Bool? {
    status == .NFS4ERR_LAYOUTTRYLATER ? try decoder.bool() : nil
  }
}

///     struct LAYOUTGET4args {
///         bool loga_signal_layout_avail; layouttype4 loga_layout_type; layoutiomode4 loga_iomode;
///         offset4 loga_offset; length4 loga_length; length4 loga_minlength; stateid4 loga_stateid;
///         count4 loga_maxcount;
///     };
public struct LAYOUTGET4args: XDRCodable, Hashable, Sendable {
  public var signalLayoutAvail: Bool
  public var layoutType: Layouttype4
  public var iomode: Layoutiomode4
  public var offset: UInt64
  public var length: UInt64
  public var minlength: UInt64
  public var stateid: Stateid4
  /// Bytes of the result's body that the client takes.
  public var maxcount: UInt32

  public init(
    signalLayoutAvail: Bool, layoutType: Layouttype4, iomode: Layoutiomode4, offset: UInt64,
    length: UInt64, minlength: UInt64, stateid: Stateid4, maxcount: UInt32
  ) {
    self.signalLayoutAvail = signalLayoutAvail
    self.layoutType = layoutType
    self.iomode = iomode
    self.offset = offset
    self.length = length
    self.minlength = minlength
    self.stateid = stateid
    self.maxcount = maxcount
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    signalLayoutAvail = try decoder.bool()
    layoutType = try Layouttype4(from: &decoder)
    iomode = try Layoutiomode4(from: &decoder)
    offset = try decoder.uint64()
    length = try decoder.uint64()
    minlength = try decoder.uint64()
    stateid = try Stateid4(from: &decoder)
    maxcount = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(signalLayoutAvail)
    layoutType.encode(to: &encoder)
    iomode.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint64(length)
    encoder.uint64(minlength)
    stateid.encode(to: &encoder)
    encoder.uint32(maxcount)
  }
}

///     struct LAYOUTGET4resok {
///         bool logr_return_on_close; stateid4 logr_stateid; layout4 logr_layout<>;
///     };
///     union LAYOUTGET4res switch (nfsstat4 logr_status) {
///         case NFS4_OK:                LAYOUTGET4resok logr_resok4;
///         case NFS4ERR_LAYOUTTRYLATER: bool logr_will_signal_layout_avail;
///         default:                     void;
///     };
public struct LAYOUTGET4resok: XDRCodable, Hashable, Sendable {
  public var returnOnClose: Bool
  public var stateid: Stateid4
  public var layout: [Layout4]

  public init(returnOnClose: Bool, stateid: Stateid4, layout: [Layout4]) {
    self.returnOnClose = returnOnClose
    self.stateid = stateid
    self.layout = layout
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    returnOnClose = try decoder.bool()
    stateid = try Stateid4(from: &decoder)
    layout = try decoder.array(limit: NFS4.layoutLimit, elementBytes: 28) { d throws(XDRError) in
      try Layout4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(returnOnClose)
    stateid.encode(to: &encoder)
    encoder.array(layout) { $0.encode(to: &$1) }
  }
}
