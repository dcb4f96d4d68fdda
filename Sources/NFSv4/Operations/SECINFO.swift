import ONCRPC
public import XDR

/// Asks how an entry may be accessed; the current filehandle is gone after it (RFC 8881 §18.29).
public enum SECINFO: NfsOperation {
  public typealias Arguments = SECINFO4args
  public typealias Resok = SECINFO4resok
  public static let opnum = NfsOpnum4.OP_SECINFO
}

///     struct SECINFO4args { component4 name; };
public struct SECINFO4args: XDRCodable, Hashable, Sendable {
  public var name: Component4

  public init(name: Component4) {
    self.name = name
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    name = try decoder.bytes(limit: NFS4.componentLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(name)
  }
}

///     typedef secinfo4 SECINFO4resok<>;
public struct SECINFO4resok: XDRCodable, Hashable, Sendable {
  /// Flavors that are read.
  public static let countLimit = 64

  /// The one preferred first.
  public var flavors: [Secinfo4]

  public init(flavors: [Secinfo4]) {
    self.flavors = flavors
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    flavors = try decoder.array(limit: Self.countLimit) { d throws(XDRError) in
      try Secinfo4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.array(flavors) { $0.encode(to: &$1) }
  }
}

/// One way to authenticate.
///
///     union secinfo4 switch (uint32_t flavor) {
///         case RPCSEC_GSS: rpcsec_gss_info flavor_info;
///         default:         void;
///     };
public enum Secinfo4: XDRCodable, Hashable, Sendable {
  /// Any other than RPCSEC_GSS: `AuthFlavor.sys`, for one.
  case flavor(UInt32)
  case gss(RpcsecGssInfo)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try decoder.uint32() {
    case AuthFlavor.rpcsecGss: self = .gss(try RpcsecGssInfo(from: &decoder))
    case let other: self = .flavor(other)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .flavor(let flavor): encoder.uint32(flavor)
    case .gss(let info):
      encoder.uint32(AuthFlavor.rpcsecGss)
      info.encode(to: &encoder)
    }
  }
}

/// A mechanism of RPCSEC_GSS (RFC 2203).
///
///     struct rpcsec_gss_info { sec_oid4 oid; qop4 qop; rpc_gss_svc_t service; };
public struct RpcsecGssInfo: XDRCodable, Hashable, Sendable {
  /// Bytes of one object identifier.
  static let oidLimitBytes = 128

  public var oid: [UInt8]
  public var qop: UInt32
  public var service: RpcGssSvc

  public init(oid: [UInt8], qop: UInt32, service: RpcGssSvc) {
    self.oid = oid
    self.qop = qop
    self.service = service
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    oid = try decoder.bytes(limit: Self.oidLimitBytes)
    qop = try decoder.uint32()
    service = try RpcGssSvc(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(oid)
    encoder.uint32(qop)
    service.encode(to: &encoder)
  }
}
