public import XDR

/// The server wants layouts back (RFC 8881 §20.3).
///
/// A client that holds none answers `NFS4ERR_NOMATCHING_LAYOUT`, and no LAYOUTRETURN follows.
public enum CB_LAYOUTRECALL: NfsCbOperation {
  public typealias Arguments = CB_LAYOUTRECALL4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_LAYOUTRECALL
}

///     enum layoutrecall_type4 {
///         LAYOUTRECALL4_FILE = LAYOUT4_RET_REC_FILE, LAYOUTRECALL4_FSID = LAYOUT4_RET_REC_FSID,
///         LAYOUTRECALL4_ALL = LAYOUT4_RET_REC_ALL
///     };
public enum LayoutrecallType4: UInt32, XDRCodable, Sendable {
  case LAYOUTRECALL4_FILE = 1
  case LAYOUTRECALL4_FSID = 2
  case LAYOUTRECALL4_ALL = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "layoutrecall_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct layoutrecall_file4 {
///         nfs_fh4 lor_fh; offset4 lor_offset; length4 lor_length; stateid4 lor_stateid;
///     };
public struct LayoutrecallFile4: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var offset: UInt64
  public var length: UInt64
  public var stateid: Stateid4

  public init(fh: NfsFh4, offset: UInt64, length: UInt64, stateid: Stateid4) {
    self.fh = fh
    self.offset = offset
    self.length = length
    self.stateid = stateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    offset = try decoder.uint64()
    length = try decoder.uint64()
    stateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint64(length)
    stateid.encode(to: &encoder)
  }
}

/// Which layouts are wanted back.
///
///     union layoutrecall4 switch (layoutrecall_type4 lor_recalltype) {
///         case LAYOUTRECALL4_FILE: layoutrecall_file4 lor_layout;
///         case LAYOUTRECALL4_FSID: fsid4 lor_fsid;
///         case LAYOUTRECALL4_ALL:  void;
///     };
public enum Layoutrecall4: XDRCodable, Hashable, Sendable {
  case file(LayoutrecallFile4)
  case fsid(Fsid4)
  case all

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try LayoutrecallType4(from: &decoder) {
    case .LAYOUTRECALL4_FILE: self = .file(try LayoutrecallFile4(from: &decoder))
    case .LAYOUTRECALL4_FSID: self = .fsid(try Fsid4(from: &decoder))
    case .LAYOUTRECALL4_ALL: self = .all
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .file(let value):
      LayoutrecallType4.LAYOUTRECALL4_FILE.encode(to: &encoder)
      value.encode(to: &encoder)
    case .fsid(let value):
      LayoutrecallType4.LAYOUTRECALL4_FSID.encode(to: &encoder)
      value.encode(to: &encoder)
    case .all: LayoutrecallType4.LAYOUTRECALL4_ALL.encode(to: &encoder)
    }
  }
}

///     struct CB_LAYOUTRECALL4args {
///         layouttype4 clora_type; layoutiomode4 clora_iomode; bool clora_changed;
///         layoutrecall4 clora_recall;
///     };
public struct CB_LAYOUTRECALL4args: XDRCodable, Hashable, Sendable {
  public var type: Layouttype4
  public var iomode: Layoutiomode4
  public var changed: Bool
  public var recall: Layoutrecall4

  public init(type: Layouttype4, iomode: Layoutiomode4, changed: Bool, recall: Layoutrecall4) {
    self.type = type
    self.iomode = iomode
    self.changed = changed
    self.recall = recall
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    type = try Layouttype4(from: &decoder)
    iomode = try Layoutiomode4(from: &decoder)
    changed = try decoder.bool()
    recall = try Layoutrecall4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    type.encode(to: &encoder)
    iomode.encode(to: &encoder)
    encoder.bool(changed)
    recall.encode(to: &encoder)
  }
}
