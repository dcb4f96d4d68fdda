public import XDR

/// How state is protected from other principals (RFC 8881 §18.35.3).
///
///     enum state_protect_how4 { SP4_NONE = 0, SP4_MACH_CRED = 1, SP4_SSV = 2 };
public enum StateProtectHow4: UInt32, XDRCodable, Sendable {
  case SP4_NONE = 0
  case SP4_MACH_CRED = 1
  case SP4_SSV = 2

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "state_protect_how4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// Sets of operation numbers.
///
///     struct state_protect_ops4 { bitmap4 spo_must_enforce; bitmap4 spo_must_allow; };
public struct StateProtectOps4: XDRCodable, Hashable, Sendable {
  public var mustEnforce: Bitmap4
  public var mustAllow: Bitmap4

  public init(mustEnforce: Bitmap4, mustAllow: Bitmap4) {
    self.mustEnforce = mustEnforce
    self.mustAllow = mustAllow
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    mustEnforce = try Bitmap4(from: &decoder)
    mustAllow = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    mustEnforce.encode(to: &encoder)
    mustAllow.encode(to: &encoder)
  }
}

///     typedef opaque sec_oid4<>;
///     struct ssv_sp_parms4 {
///         state_protect_ops4 ssp_ops; sec_oid4 ssp_hash_algs<>; sec_oid4 ssp_encr_algs<>;
///         uint32_t ssp_window; uint32_t ssp_num_gss_handles;
///     };
public struct SsvSpParms4: XDRCodable, Hashable, Sendable {
  /// Algorithms that are read of one kind.
  static let algorithmLimit = 64
  /// Bytes of one object identifier.
  static let oidLimitBytes = 128

  public var ops: StateProtectOps4
  public var hashAlgs: [[UInt8]]
  public var encrAlgs: [[UInt8]]
  public var window: UInt32
  public var numGssHandles: UInt32

  public init(
    ops: StateProtectOps4, hashAlgs: [[UInt8]], encrAlgs: [[UInt8]], window: UInt32,
    numGssHandles: UInt32
  ) {
    self.ops = ops
    self.hashAlgs = hashAlgs
    self.encrAlgs = encrAlgs
    self.window = window
    self.numGssHandles = numGssHandles
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    ops = try StateProtectOps4(from: &decoder)
    hashAlgs = try decoder.array(limit: Self.algorithmLimit) { d throws(XDRError) in
      try d.bytes(limit: Self.oidLimitBytes)
    }
    encrAlgs = try decoder.array(limit: Self.algorithmLimit) { d throws(XDRError) in
      try d.bytes(limit: Self.oidLimitBytes)
    }
    window = try decoder.uint32()
    numGssHandles = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    ops.encode(to: &encoder)
    encoder.array(hashAlgs) { $1.opaque($0) }
    encoder.array(encrAlgs) { $1.opaque($0) }
    encoder.uint32(window)
    encoder.uint32(numGssHandles)
  }
}

///     typedef opaque gsshandle4_t<>;
///     struct ssv_prot_info4 {
///         state_protect_ops4 spi_ops; uint32_t spi_hash_alg; uint32_t spi_encr_alg;
///         uint32_t spi_ssv_len; uint32_t spi_window; gsshandle4_t spi_handles<>;
///     };
public struct SsvProtInfo4: XDRCodable, Hashable, Sendable {
  /// Handles that are read.
  static let handleLimit = 64

  public var ops: StateProtectOps4
  public var hashAlg: UInt32
  public var encrAlg: UInt32
  public var ssvLen: UInt32
  public var window: UInt32
  public var handles: [[UInt8]]

  public init(
    ops: StateProtectOps4, hashAlg: UInt32, encrAlg: UInt32, ssvLen: UInt32, window: UInt32,
    handles: [[UInt8]]
  ) {
    self.ops = ops
    self.hashAlg = hashAlg
    self.encrAlg = encrAlg
    self.ssvLen = ssvLen
    self.window = window
    self.handles = handles
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    ops = try StateProtectOps4(from: &decoder)
    hashAlg = try decoder.uint32()
    encrAlg = try decoder.uint32()
    ssvLen = try decoder.uint32()
    window = try decoder.uint32()
    handles = try decoder.array(limit: Self.handleLimit) { d throws(XDRError) in
      try d.bytes(limit: NFS4.OPAQUE_LIMIT)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    ops.encode(to: &encoder)
    encoder.uint32(hashAlg)
    encoder.uint32(encrAlg)
    encoder.uint32(ssvLen)
    encoder.uint32(window)
    encoder.array(handles) { $1.opaque($0) }
  }
}

/// What a client asks for.
///
///     union state_protect4_a switch (state_protect_how4 spa_how) {
///         case SP4_NONE:      void;
///         case SP4_MACH_CRED: state_protect_ops4 spa_mach_ops;
///         case SP4_SSV:       ssv_sp_parms4 spa_ssv_parms;
///     };
public enum StateProtect4A: XDRCodable, Hashable, Sendable {
  case none
  case machCred(StateProtectOps4)
  case ssv(SsvSpParms4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try StateProtectHow4(from: &decoder) {
    case .SP4_NONE: self = .none
    case .SP4_MACH_CRED: self = .machCred(try StateProtectOps4(from: &decoder))
    case .SP4_SSV: self = .ssv(try SsvSpParms4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .none: StateProtectHow4.SP4_NONE.encode(to: &encoder)
    case .machCred(let value):
      StateProtectHow4.SP4_MACH_CRED.encode(to: &encoder)
      value.encode(to: &encoder)
    case .ssv(let value):
      StateProtectHow4.SP4_SSV.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}

/// What the server agreed to.
///
///     union state_protect4_r switch (state_protect_how4 spr_how) {
///         case SP4_NONE:      void;
///         case SP4_MACH_CRED: state_protect_ops4 spr_mach_ops;
///         case SP4_SSV:       ssv_prot_info4 spr_ssv_info;
///     };
public enum StateProtect4R: XDRCodable, Hashable, Sendable {
  case none
  case machCred(StateProtectOps4)
  case ssv(SsvProtInfo4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try StateProtectHow4(from: &decoder) {
    case .SP4_NONE: self = .none
    case .SP4_MACH_CRED: self = .machCred(try StateProtectOps4(from: &decoder))
    case .SP4_SSV: self = .ssv(try SsvProtInfo4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .none: StateProtectHow4.SP4_NONE.encode(to: &encoder)
    case .machCred(let value):
      StateProtectHow4.SP4_MACH_CRED.encode(to: &encoder)
      value.encode(to: &encoder)
    case .ssv(let value):
      StateProtectHow4.SP4_SSV.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}
