public import XDR

///     enum opentype4 { OPEN4_NOCREATE = 0, OPEN4_CREATE = 1 };
public enum Opentype4: UInt32, XDRCodable, Sendable {
  case OPEN4_NOCREATE = 0
  case OPEN4_CREATE = 1

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "opentype4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     enum createmode4 { UNCHECKED4 = 0, GUARDED4 = 1, EXCLUSIVE4 = 2, EXCLUSIVE4_1 = 3 };
public enum Createmode4: UInt32, XDRCodable, Sendable {
  case UNCHECKED4 = 0
  case GUARDED4 = 1
  case EXCLUSIVE4 = 2
  case EXCLUSIVE4_1 = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "createmode4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct creatverfattr { verifier4 cva_verf; fattr4 cva_attrs; };
public struct Creatverfattr: XDRCodable, Hashable, Sendable {
  public var verf: Verifier4
  public var attrs: Fattr4

  public init(verf: Verifier4, attrs: Fattr4) {
    self.verf = verf
    self.attrs = attrs
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    verf = try decoder.uint64()
    attrs = try Fattr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(verf)
    attrs.encode(to: &encoder)
  }
}

/// What to do where the file exists, and how to make it where it does not.
///
///     union createhow4 switch (createmode4 mode) {
///         case UNCHECKED4:
///         case GUARDED4:     fattr4 createattrs;
///         case EXCLUSIVE4:   verifier4 createverf;
///         case EXCLUSIVE4_1: creatverfattr ch_createboth;
///     };
public enum Createhow4: XDRCodable, Hashable, Sendable {
  case unchecked(Fattr4)
  case guarded(Fattr4)
  case exclusive(Verifier4)
  case exclusive41(Creatverfattr)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try Createmode4(from: &decoder) {
    case .UNCHECKED4: self = .unchecked(try Fattr4(from: &decoder))
    case .GUARDED4: self = .guarded(try Fattr4(from: &decoder))
    case .EXCLUSIVE4: self = .exclusive(try decoder.uint64())
    case .EXCLUSIVE4_1: self = .exclusive41(try Creatverfattr(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .unchecked(let value):
      Createmode4.UNCHECKED4.encode(to: &encoder)
      value.encode(to: &encoder)
    case .guarded(let value):
      Createmode4.GUARDED4.encode(to: &encoder)
      value.encode(to: &encoder)
    case .exclusive(let value):
      Createmode4.EXCLUSIVE4.encode(to: &encoder)
      encoder.uint64(value)
    case .exclusive41(let value):
      Createmode4.EXCLUSIVE4_1.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}

///     union openflag4 switch (opentype4 opentype) {
///         case OPEN4_CREATE: createhow4 how;
///         default:           void;
///     };
public enum Openflag4: XDRCodable, Hashable, Sendable {
  case nocreate
  case create(Createhow4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try Opentype4(from: &decoder) {
    case .OPEN4_NOCREATE: self = .nocreate
    case .OPEN4_CREATE: self = .create(try Createhow4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .nocreate: Opentype4.OPEN4_NOCREATE.encode(to: &encoder)
    case .create(let value):
      Opentype4.OPEN4_CREATE.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}
