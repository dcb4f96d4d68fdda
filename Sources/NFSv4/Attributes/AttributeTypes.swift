public import XDR

/// Which file system an object is in.
///
///     struct fsid4 { uint64_t major; uint64_t minor; };
public struct Fsid4: XDRCodable, Hashable, Sendable {
  public var major: UInt64
  public var minor: UInt64

  public init(major: UInt64, minor: UInt64) {
    self.major = major
    self.minor = minor
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    major = try decoder.uint64()
    minor = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(major)
    encoder.uint64(minor)
  }
}

/// A device's numbers.
///
///     struct specdata4 { uint32_t specdata1; uint32_t specdata2; };
public struct Specdata4: XDRCodable, Hashable, Sendable {
  /// The major number.
  public var specdata1: UInt32
  /// The minor number.
  public var specdata2: UInt32

  public init(specdata1: UInt32, specdata2: UInt32) {
    self.specdata1 = specdata1
    self.specdata2 = specdata2
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    specdata1 = try decoder.uint32()
    specdata2 = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(specdata1)
    encoder.uint32(specdata2)
  }
}

/// A change of some of a mode's bits (RFC 8881 §6.2.5).
///
///     struct mode_masked4 { mode4 mm_value_to_set; mode4 mm_mask_bits; };
public struct ModeMasked4: XDRCodable, Hashable, Sendable {
  public var valueToSet: UInt32
  /// Which bits of the mode are set or reset.
  public var maskBits: UInt32

  public init(valueToSet: UInt32, maskBits: UInt32) {
    self.valueToSet = valueToSet
    self.maskBits = maskBits
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    valueToSet = try decoder.uint32()
    maskBits = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(valueToSet)
    encoder.uint32(maskBits)
  }
}

/// A new object's mode before the umask (RFC 8275 §5).
///
///     struct mode_umask4 { mode4 mu_mode; mode4 mu_umask; };
public struct ModeUmask4: XDRCodable, Hashable, Sendable {
  public var mode: UInt32
  /// What is taken from the mode where the directory's ACL does not say otherwise.
  public var umask: UInt32

  public init(mode: UInt32, umask: UInt32) {
    self.mode = mode
    self.umask = umask
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    mode = try decoder.uint32()
    umask = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(mode)
    encoder.uint32(umask)
  }
}

/// Whose clock a time is set from.
///
///     enum time_how4 { SET_TO_SERVER_TIME4 = 0, SET_TO_CLIENT_TIME4 = 1 };
public enum TimeHow4: UInt32, XDRCodable, Sendable {
  case SET_TO_SERVER_TIME4 = 0
  case SET_TO_CLIENT_TIME4 = 1

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "time_how4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// What a time is set to.
///
///     union settime4 switch (time_how4 set_it) {
///         case SET_TO_CLIENT_TIME4: nfstime4 time;
///         default:                  void;
///     };
public enum Settime4: XDRCodable, Hashable, Sendable {
  case serverTime
  case clientTime(Nfstime4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try TimeHow4(from: &decoder) {
    case .SET_TO_SERVER_TIME4: self = .serverTime
    case .SET_TO_CLIENT_TIME4: self = .clientTime(try Nfstime4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .serverTime: TimeHow4.SET_TO_SERVER_TIME4.encode(to: &encoder)
    case .clientTime(let value):
      TimeHow4.SET_TO_CLIENT_TIME4.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}

/// How the change attribute changes (RFC 7862 §12.2).
///
///     enum change_attr_type4 {
///         NFS4_CHANGE_TYPE_IS_MONOTONIC_INCR = 0, NFS4_CHANGE_TYPE_IS_VERSION_COUNTER = 1,
///         NFS4_CHANGE_TYPE_IS_VERSION_COUNTER_NOPNFS = 2, NFS4_CHANGE_TYPE_IS_TIME_METADATA = 3,
///         NFS4_CHANGE_TYPE_IS_UNDEFINED = 4
///     };
public enum ChangeAttrType4: UInt32, XDRCodable, Sendable {
  case NFS4_CHANGE_TYPE_IS_MONOTONIC_INCR = 0
  case NFS4_CHANGE_TYPE_IS_VERSION_COUNTER = 1
  case NFS4_CHANGE_TYPE_IS_VERSION_COUNTER_NOPNFS = 2
  case NFS4_CHANGE_TYPE_IS_TIME_METADATA = 3
  case NFS4_CHANGE_TYPE_IS_UNDEFINED = 4

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "change_attr_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// Sizes below which a client should use the metadata server (RFC 8881 §5.12.6).
///
///     struct threshold_item4 {
///         layouttype4 thi_layout_type; bitmap4 thi_hintset; opaque thi_hintlist<>;
///     };
public struct ThresholdItem4: XDRCodable, Hashable, Sendable {
  public var layoutType: UInt32
  public var hintset: Bitmap4
  public var hintlist: [UInt8]

  public init(layoutType: UInt32, hintset: Bitmap4, hintlist: [UInt8]) {
    self.layoutType = layoutType
    self.hintset = hintset
    self.hintlist = hintlist
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    layoutType = try decoder.uint32()
    hintset = try Bitmap4(from: &decoder)
    hintlist = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(layoutType)
    hintset.encode(to: &encoder)
    encoder.opaque(hintlist)
  }
}

/// `FH4_*`: how long filehandles last (RFC 8881 §4.2).
public enum FH4 {
  public static let PERSISTENT: UInt32 = 0x0
  public static let NOEXPIRE_WITH_OPEN: UInt32 = 0x1
  public static let VOLATILE_ANY: UInt32 = 0x2
  public static let VOL_MIGRATION: UInt32 = 0x4
  public static let VOL_RENAME: UInt32 = 0x8
}
