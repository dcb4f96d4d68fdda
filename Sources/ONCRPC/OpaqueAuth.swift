public import NIOCore
public import XDR

/// Authentication flavors (RFC 5531 §8.2). Others are carried as they are.
public enum AuthFlavor {
  public static let none: UInt32 = 0
  public static let sys: UInt32 = 1
  public static let short: UInt32 = 2
  public static let rpcsecGss: UInt32 = 6
}

/// A credential or verifier.
///
///     struct opaque_auth { auth_flavor flavor; opaque body<400>; };
public struct OpaqueAuth: XDRCodable, Hashable, Sendable {
  /// RFC 5531 §8.2: "up to 400 bytes".
  public static let bodyLimitBytes = 400

  public var flavor: UInt32
  public var body: ByteBuffer

  public init(flavor: UInt32, body: ByteBuffer) {
    self.flavor = flavor
    self.body = body
  }

  /// AUTH_NONE with an empty body.
  public static let none = OpaqueAuth(flavor: AuthFlavor.none, body: ByteBuffer())

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    flavor = try decoder.uint32()
    body = try decoder.opaque(limit: Self.bodyLimitBytes)
  }

  /// As `init(from:)`, but what is longer than it may be is passed over, where it is there at all:
  /// what follows can be read, and the caller be told.
  /// - Returns: nil for a body above the limit.
  static func lenient(from decoder: inout XDRDecoder) throws(XDRError) -> OpaqueAuth? {
    let flavor = try decoder.uint32()
    let body = try decoder.fixedOpaque(Int(try decoder.uint32()))
    return body.readableBytes <= bodyLimitBytes ? OpaqueAuth(flavor: flavor, body: body) : nil
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(flavor)
    encoder.opaque(body)
  }
}

/// Who calls, by AUTH_SYS (RFC 5531 appendix A).
///
///     struct authsys_parms { unsigned int stamp; string machinename<255>; unsigned int uid;
///                            unsigned int gid; unsigned int gids<16>; };
public struct AuthsysParms: XDRCodable, Hashable, Sendable {
  public static let machinenameLimitBytes = 255
  public static let gidsLimit = 16

  public var stamp: UInt32
  public var machinename: [UInt8]
  public var uid: UInt32
  public var gid: UInt32
  public var gids: [UInt32]

  public init(
    stamp: UInt32 = 0, machinename: [UInt8] = [], uid: UInt32, gid: UInt32, gids: [UInt32] = []
  ) {
    self.stamp = stamp
    self.machinename = machinename
    self.uid = uid
    self.gid = gid
    self.gids = gids
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stamp = try decoder.uint32()
    machinename = try decoder.bytes(limit: Self.machinenameLimitBytes)
    uid = try decoder.uint32()
    gid = try decoder.uint32()
    gids = try decoder.array(limit: Self.gidsLimit) { d throws(XDRError) in try d.uint32() }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(stamp)
    encoder.opaque(machinename)
    encoder.uint32(uid)
    encoder.uint32(gid)
    encoder.array(gids) { $1.uint32($0) }
  }

  /// The credential for a call header.
  public var credential: OpaqueAuth { OpaqueAuth(flavor: AuthFlavor.sys, body: xdr) }
}

/// The principal of a call.
public enum RPCPrincipal: Hashable, Sendable {
  case none
  case sys(uid: UInt32, gid: UInt32, gids: [UInt32])

  /// Reads a credential.
  /// - Throws: the `AuthStat` to answer with.
  public init(_ credential: OpaqueAuth) throws(AuthStat) {
    switch credential.flavor {
    case AuthFlavor.none:
      guard credential.body.readableBytes == 0 else { throw .AUTH_BADCRED }
      self = .none
    case AuthFlavor.sys:
      guard let parms = try? AuthsysParms(xdr: credential.body) else { throw .AUTH_BADCRED }
      self = .sys(uid: parms.uid, gid: parms.gid, gids: parms.gids)
    default:
      throw .AUTH_REJECTEDCRED
    }
  }
}
