public import XDR

/// A client says who it is, and learns its client id and who the server is (RFC 8881 §18.35).
public enum EXCHANGE_ID: NfsOperation {
  public typealias Arguments = EXCHANGE_ID4args
  public typealias Resok = EXCHANGE_ID4resok
  public static let opnum = NfsOpnum4.OP_EXCHANGE_ID
}

///     struct EXCHANGE_ID4args {
///         client_owner4 eia_clientowner; uint32_t eia_flags;
///         state_protect4_a eia_state_protect; nfs_impl_id4 eia_client_impl_id<1>;
///     };
public struct EXCHANGE_ID4args: XDRCodable, Hashable, Sendable {
  public var clientowner: ClientOwner4
  /// Bits that are not allowed in arguments are kept: refusing them is the server's part.
  public var flags: Exchgid4Flags
  public var stateProtect: StateProtect4A
  public var clientImplId: NfsImplId4?

  public init(
    clientowner: ClientOwner4, flags: Exchgid4Flags, stateProtect: StateProtect4A,
    clientImplId: NfsImplId4?
  ) {
    self.clientowner = clientowner
    self.flags = flags
    self.stateProtect = stateProtect
    self.clientImplId = clientImplId
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientowner = try ClientOwner4(from: &decoder)
    flags = Exchgid4Flags(rawValue: try decoder.uint32())
    stateProtect = try StateProtect4A(from: &decoder)
    clientImplId = try decoder.array(limit: 1) { d throws(XDRError) in try NfsImplId4(from: &d) }
      .first
  }

  public func encode(to encoder: inout XDREncoder) {
    clientowner.encode(to: &encoder)
    encoder.uint32(flags.rawValue)
    stateProtect.encode(to: &encoder)
    encoder.optional(clientImplId) { $0.encode(to: &$1) }
  }
}

///     struct EXCHANGE_ID4resok {
///         clientid4 eir_clientid; sequenceid4 eir_sequenceid; uint32_t eir_flags;
///         state_protect4_r eir_state_protect; server_owner4 eir_server_owner;
///         opaque eir_server_scope<NFS4_OPAQUE_LIMIT>; nfs_impl_id4 eir_server_impl_id<1>;
///     };
public struct EXCHANGE_ID4resok: XDRCodable, Hashable, Sendable {
  public var clientid: Clientid4
  public var sequenceid: UInt32
  public var flags: Exchgid4Flags
  public var stateProtect: StateProtect4R
  public var serverOwner: ServerOwner4
  public var serverScope: [UInt8]
  public var serverImplId: NfsImplId4?

  public init(
    clientid: Clientid4, sequenceid: UInt32, flags: Exchgid4Flags, stateProtect: StateProtect4R,
    serverOwner: ServerOwner4, serverScope: [UInt8], serverImplId: NfsImplId4?
  ) {
    self.clientid = clientid
    self.sequenceid = sequenceid
    self.flags = flags
    self.stateProtect = stateProtect
    self.serverOwner = serverOwner
    self.serverScope = serverScope
    self.serverImplId = serverImplId
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientid = try decoder.uint64()
    sequenceid = try decoder.uint32()
    flags = Exchgid4Flags(rawValue: try decoder.uint32())
    stateProtect = try StateProtect4R(from: &decoder)
    serverOwner = try ServerOwner4(from: &decoder)
    serverScope = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
    serverImplId = try decoder.array(limit: 1) { d throws(XDRError) in try NfsImplId4(from: &d) }
      .first
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(clientid)
    encoder.uint32(sequenceid)
    encoder.uint32(flags.rawValue)
    stateProtect.encode(to: &encoder)
    serverOwner.encode(to: &encoder)
    encoder.opaque(serverScope)
    encoder.optional(serverImplId) { $0.encode(to: &$1) }
  }
}

/// `EXCHGID4_FLAG_*`: what both sides are and can do (RFC 8881 §18.35.3, RFC 7862 §14.1).
public struct Exchgid4Flags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let SUPP_MOVED_REFER = Exchgid4Flags(rawValue: 0x1)
  public static let SUPP_MOVED_MIGR = Exchgid4Flags(rawValue: 0x2)
  /// RFC 7862 §14.1.
  public static let SUPP_FENCE_OPS = Exchgid4Flags(rawValue: 0x4)
  public static let BIND_PRINC_STATEID = Exchgid4Flags(rawValue: 0x100)
  public static let USE_NON_PNFS = Exchgid4Flags(rawValue: 0x1_0000)
  public static let USE_PNFS_MDS = Exchgid4Flags(rawValue: 0x2_0000)
  public static let USE_PNFS_DS = Exchgid4Flags(rawValue: 0x4_0000)
  public static let MASK_PNFS = Exchgid4Flags(rawValue: 0x7_0000)
  /// In arguments only.
  public static let UPD_CONFIRMED_REC_A = Exchgid4Flags(rawValue: 0x4000_0000)
  /// In results only.
  public static let CONFIRMED_R = Exchgid4Flags(rawValue: 0x8000_0000)
}
