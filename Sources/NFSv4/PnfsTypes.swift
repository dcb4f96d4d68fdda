public import NIOCore
public import XDR

extension NFS4 {
  /// Bytes of one layout's, device's or layout update's body that are read.
  public static let layoutBodyLimitBytes = 1024 * 1024
  /// Layout segments in one LAYOUTGET result that are read.
  public static let layoutLimit = 256
}

/// `enum layouttype4` (RFC 8881 §3.3.13). Others than those known here are kept: the answer to
/// them is `NFS4ERR_UNKNOWN_LAYOUTTYPE`, not `NFS4ERR_BADXDR`.
public struct Layouttype4: RawRepresentable, XDRCodable, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// RFC 8881 §13.
  public static let NFSV4_1_FILES = Layouttype4(rawValue: 1)
  /// RFC 5664.
  public static let OSD2_OBJECTS = Layouttype4(rawValue: 2)
  /// RFC 5663.
  public static let BLOCK_VOLUME = Layouttype4(rawValue: 3)
  /// RFC 8435.
  public static let FLEX_FILES = Layouttype4(rawValue: 4)
  /// RFC 8154.
  public static let SCSI = Layouttype4(rawValue: 5)

  public init(from decoder: inout XDRDecoder) throws(XDRError) { rawValue = try decoder.uint32() }
  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// What a layout is for (RFC 8881 §3.3.20).
///
///     enum layoutiomode4 {
///         LAYOUTIOMODE4_READ = 1, LAYOUTIOMODE4_RW = 2, LAYOUTIOMODE4_ANY = 3
///     };
public enum Layoutiomode4: UInt32, XDRCodable, Sendable {
  case LAYOUTIOMODE4_READ = 1
  case LAYOUTIOMODE4_RW = 2
  case LAYOUTIOMODE4_ANY = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "layoutiomode4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// A layout as its type defines it (RFC 8881 §3.3.16).
///
///     struct layout_content4 { layouttype4 loc_type; opaque loc_body<>; };
public struct LayoutContent4: XDRCodable, Hashable, Sendable {
  public var type: Layouttype4
  /// For file layouts, an encoded `NfsvFileLayout4`.
  public var body: ByteBuffer

  public init(type: Layouttype4, body: ByteBuffer) {
    self.type = type
    self.body = body
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    type = try Layouttype4(from: &decoder)
    body = try decoder.opaque(limit: NFS4.layoutBodyLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    type.encode(to: &encoder)
    encoder.opaque(body)
  }
}

/// One segment of a layout (RFC 8881 §3.3.17).
///
///     struct layout4 {
///         offset4 lo_offset; length4 lo_length; layoutiomode4 lo_iomode;
///         layout_content4 lo_content;
///     };
public struct Layout4: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  /// Bytes; all ones for "to the end of the file".
  public var length: UInt64
  public var iomode: Layoutiomode4
  public var content: LayoutContent4

  public init(offset: UInt64, length: UInt64, iomode: Layoutiomode4, content: LayoutContent4) {
    self.offset = offset
    self.length = length
    self.iomode = iomode
    self.content = content
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
    iomode = try Layoutiomode4(from: &decoder)
    content = try LayoutContent4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
    iomode.encode(to: &encoder)
    content.encode(to: &encoder)
  }
}

/// What a client says of a layout (RFC 8881 §3.3.18).
///
///     struct layoutupdate4 { layouttype4 lou_type; opaque lou_body<>; };
public struct Layoutupdate4: XDRCodable, Hashable, Sendable {
  public var type: Layouttype4
  /// Empty for file layouts.
  public var body: ByteBuffer

  public init(type: Layouttype4, body: ByteBuffer) {
    self.type = type
    self.body = body
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    type = try Layouttype4(from: &decoder)
    body = try decoder.opaque(limit: NFS4.layoutBodyLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    type.encode(to: &encoder)
    encoder.opaque(body)
  }
}

/// Where a device is (RFC 8881 §3.3.15).
///
///     struct device_addr4 { layouttype4 da_layout_type; opaque da_addr_body<>; };
public struct DeviceAddr4: XDRCodable, Hashable, Sendable {
  public var layoutType: Layouttype4
  /// For file layouts, an encoded `NfsvFileLayoutDsAddr4`.
  public var addrBody: ByteBuffer

  public init(layoutType: Layouttype4, addrBody: ByteBuffer) {
    self.layoutType = layoutType
    self.addrBody = addrBody
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    layoutType = try Layouttype4(from: &decoder)
    addrBody = try decoder.opaque(limit: NFS4.layoutBodyLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    layoutType.encode(to: &encoder)
    encoder.opaque(addrBody)
  }
}
