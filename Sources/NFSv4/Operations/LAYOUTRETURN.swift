public import NIOCore
public import XDR

/// A client gives layouts back (RFC 8881 §18.44).
public enum LAYOUTRETURN: NfsOperation {
  public typealias Arguments = LAYOUTRETURN4args
  public typealias Resok = LAYOUTRETURN4resok
  public static let opnum = NfsOpnum4.OP_LAYOUTRETURN
}

///     const LAYOUT4_RET_REC_FILE = 1;
///     const LAYOUT4_RET_REC_FSID = 2;
///     const LAYOUT4_RET_REC_ALL = 3;
///     enum layoutreturn_type4 {
///         LAYOUTRETURN4_FILE = LAYOUT4_RET_REC_FILE, LAYOUTRETURN4_FSID = LAYOUT4_RET_REC_FSID,
///         LAYOUTRETURN4_ALL = LAYOUT4_RET_REC_ALL
///     };
public enum LayoutreturnType4: UInt32, XDRCodable, Sendable {
  case LAYOUTRETURN4_FILE = 1
  case LAYOUTRETURN4_FSID = 2
  case LAYOUTRETURN4_ALL = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "layoutreturn_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct layoutreturn_file4 {
///         offset4 lrf_offset; length4 lrf_length; stateid4 lrf_stateid; opaque lrf_body<>;
///     };
public struct LayoutreturnFile4: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  public var length: UInt64
  public var stateid: Stateid4
  /// Empty for file layouts.
  public var body: ByteBuffer

  public init(offset: UInt64, length: UInt64, stateid: Stateid4, body: ByteBuffer) {
    self.offset = offset
    self.length = length
    self.stateid = stateid
    self.body = body
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
    stateid = try Stateid4(from: &decoder)
    body = try decoder.opaque(limit: NFS4.layoutBodyLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
    stateid.encode(to: &encoder)
    encoder.opaque(body)
  }
}

/// Which layouts: one file's, or all of the current filehandle's file system or of the client.
///
///     union layoutreturn4 switch (layoutreturn_type4 lr_returntype) {
///         case LAYOUTRETURN4_FILE: layoutreturn_file4 lr_layout;
///         default:                 void;
///     };
public enum Layoutreturn4: XDRCodable, Hashable, Sendable {
  case file(LayoutreturnFile4)
  case fsid
  case all

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try LayoutreturnType4(from: &decoder) {
    case .LAYOUTRETURN4_FILE: self = .file(try LayoutreturnFile4(from: &decoder))
    case .LAYOUTRETURN4_FSID: self = .fsid
    case .LAYOUTRETURN4_ALL: self = .all
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .file(let value):
      LayoutreturnType4.LAYOUTRETURN4_FILE.encode(to: &encoder)
      value.encode(to: &encoder)
    case .fsid: LayoutreturnType4.LAYOUTRETURN4_FSID.encode(to: &encoder)
    case .all: LayoutreturnType4.LAYOUTRETURN4_ALL.encode(to: &encoder)
    }
  }
}

///     struct LAYOUTRETURN4args {
///         bool lora_reclaim; layouttype4 lora_layout_type; layoutiomode4 lora_iomode;
///         layoutreturn4 lora_layoutreturn;
///     };
public struct LAYOUTRETURN4args: XDRCodable, Hashable, Sendable {
  public var reclaim: Bool
  public var layoutType: Layouttype4
  public var iomode: Layoutiomode4
  public var layoutreturn: Layoutreturn4

  public init(
    reclaim: Bool, layoutType: Layouttype4, iomode: Layoutiomode4, layoutreturn: Layoutreturn4
  ) {
    self.reclaim = reclaim
    self.layoutType = layoutType
    self.iomode = iomode
    self.layoutreturn = layoutreturn
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    reclaim = try decoder.bool()
    layoutType = try Layouttype4(from: &decoder)
    iomode = try Layoutiomode4(from: &decoder)
    layoutreturn = try Layoutreturn4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(reclaim)
    layoutType.encode(to: &encoder)
    iomode.encode(to: &encoder)
    layoutreturn.encode(to: &encoder)
  }
}

///     union layoutreturn_stateid switch (bool lrs_present) {
///         case TRUE: stateid4 lrs_stateid; case FALSE: void;
///     };
///     union LAYOUTRETURN4res switch (nfsstat4 lorr_status) {
///         case NFS4_OK: layoutreturn_stateid lorr_stateid; default: void;
///     };
public struct LAYOUTRETURN4resok: XDRCodable, Hashable, Sendable {
  /// Absent when the client holds no layout of the file any more.
  public var stateid: Stateid4?

  public init(stateid: Stateid4?) {
    self.stateid = stateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try decoder.optional { d throws(XDRError) in try Stateid4(from: &d) }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.optional(stateid) { $0.encode(to: &$1) }
  }
}
