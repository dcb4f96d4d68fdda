public import XDR

/// Makes an object that is no regular file (RFC 8881 §18.4).
public enum CREATE: NfsOperation {
  public typealias Arguments = CREATE4args
  public typealias Resok = CREATE4resok
  public static let opnum = NfsOpnum4.OP_CREATE
}

///     struct CREATE4args { createtype4 objtype; component4 objname; fattr4 createattrs; };
public struct CREATE4args: XDRCodable, Hashable, Sendable {
  public var objtype: Createtype4
  public var objname: Component4
  public var createattrs: Fattr4

  public init(objtype: Createtype4, objname: Component4, createattrs: Fattr4) {
    self.objtype = objtype
    self.objname = objname
    self.createattrs = createattrs
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    objtype = try Createtype4(from: &decoder)
    objname = try decoder.bytes(limit: NFS4.componentLimitBytes)
    createattrs = try Fattr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    objtype.encode(to: &encoder)
    encoder.opaque(objname)
    createattrs.encode(to: &encoder)
  }
}

///     struct CREATE4resok { change_info4 cinfo; bitmap4 attrset; };
public struct CREATE4resok: XDRCodable, Hashable, Sendable {
  public var cinfo: ChangeInfo4
  /// What was set of the attributes in the request.
  public var attrset: Bitmap4

  public init(cinfo: ChangeInfo4, attrset: Bitmap4) {
    self.cinfo = cinfo
    self.attrset = attrset
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cinfo = try ChangeInfo4(from: &decoder)
    attrset = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    cinfo.encode(to: &encoder)
    attrset.encode(to: &encoder)
  }
}

/// What to make. `reg`, `attrdir` and `namedattr` are well formed, and NFS4ERR_BADTYPE.
///
///     union createtype4 switch (nfs_ftype4 type) {
///         case NF4LNK:  linktext4 linkdata;
///         case NF4BLK:
///         case NF4CHR:  specdata4 devdata;
///         case NF4SOCK:
///         case NF4FIFO:
///         case NF4DIR:  void;
///         default:      void;
///     };
public enum Createtype4: XDRCodable, Hashable, Sendable {
  case reg
  case dir
  case blk(Specdata4)
  case chr(Specdata4)
  case lnk([UInt8])
  case sock
  case fifo
  case attrdir
  case namedattr

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try NfsFtype4(from: &decoder) {
    case .NF4REG: self = .reg
    case .NF4DIR: self = .dir
    case .NF4BLK: self = .blk(try Specdata4(from: &decoder))
    case .NF4CHR: self = .chr(try Specdata4(from: &decoder))
    case .NF4LNK: self = .lnk(try decoder.bytes(limit: NFS4.linktextLimitBytes))
    case .NF4SOCK: self = .sock
    case .NF4FIFO: self = .fifo
    case .NF4ATTRDIR: self = .attrdir
    case .NF4NAMEDATTR: self = .namedattr
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .reg: NfsFtype4.NF4REG.encode(to: &encoder)
    case .dir: NfsFtype4.NF4DIR.encode(to: &encoder)
    case .blk(let value):
      NfsFtype4.NF4BLK.encode(to: &encoder)
      value.encode(to: &encoder)
    case .chr(let value):
      NfsFtype4.NF4CHR.encode(to: &encoder)
      value.encode(to: &encoder)
    case .lnk(let value):
      NfsFtype4.NF4LNK.encode(to: &encoder)
      encoder.opaque(value)
    case .sock: NfsFtype4.NF4SOCK.encode(to: &encoder)
    case .fifo: NfsFtype4.NF4FIFO.encode(to: &encoder)
    case .attrdir: NfsFtype4.NF4ATTRDIR.encode(to: &encoder)
    case .namedattr: NfsFtype4.NF4NAMEDATTR.encode(to: &encoder)
    }
  }
}
