public import NIOCore
public import XDR

/// RFC 5531 §9: the only version there is.
public let rpcVersion: UInt32 = 2

/// Why a credential was refused (RFC 5531 §9).
public enum AuthStat: UInt32, Error, Sendable {
  case AUTH_OK = 0
  case AUTH_BADCRED = 1
  case AUTH_REJECTEDCRED = 2
  case AUTH_BADVERF = 3
  case AUTH_REJECTEDVERF = 4
  case AUTH_TOOWEAK = 5
  case AUTH_INVALIDRESP = 6
  case AUTH_FAILED = 7
  case RPCSEC_GSS_CREDPROBLEM = 13
  case RPCSEC_GSS_CTXPROBLEM = 14
}

/// A message's two kinds (RFC 5531 §9).
public enum MsgType: UInt32, Sendable {
  case CALL = 0
  case REPLY = 1
}

/// A call's header; the procedure's arguments follow it.
///
///     struct call_body { unsigned int rpcvers; unsigned int prog; unsigned int vers;
///                        unsigned int proc; opaque_auth cred; opaque_auth verf; };
public struct RPCCall: Sendable {
  public var xid: UInt32
  public var rpcvers: UInt32
  public var prog: UInt32
  public var vers: UInt32
  public var proc: UInt32
  public var cred: OpaqueAuth
  public var verf: OpaqueAuth
  /// The arguments, not decoded.
  public var arguments: ByteBuffer
  /// Why the call has to be refused whatever it asks for: a credential or verifier is longer than
  /// it may be, or of a flavor that nobody here understands.
  public private(set) var authProblem: AuthStat?

  public init(
    xid: UInt32, prog: UInt32, vers: UInt32, proc: UInt32, cred: OpaqueAuth = .none,
    verf: OpaqueAuth = .none, arguments: ByteBuffer
  ) {
    self.xid = xid
    self.rpcvers = rpcVersion
    self.prog = prog
    self.vers = vers
    self.proc = proc
    self.cred = cred
    self.verf = verf
    self.arguments = arguments
  }

  /// Reads what follows xid and message type. Nothing is known of what follows another version's
  /// number: all of it becomes `arguments`.
  init(xid: UInt32, from decoder: inout XDRDecoder) throws(XDRError) {
    self.xid = xid
    rpcvers = try decoder.uint32()
    guard rpcvers == rpcVersion else {
      (prog, vers, proc) = (0, 0, 0)
      (cred, verf) = (.none, .none)
      arguments = decoder.remainder
      return
    }
    prog = try decoder.uint32()
    vers = try decoder.uint32()
    proc = try decoder.uint32()
    let cred = try OpaqueAuth.lenient(from: &decoder)
    let verf = try OpaqueAuth.lenient(from: &decoder)
    self.cred = cred ?? .none
    self.verf = verf ?? .none
    arguments = decoder.remainder
    if cred == nil {
      authProblem = .AUTH_BADCRED
    } else if verf == nil {
      authProblem = .AUTH_BADVERF
    } else if self.cred.flavor != AuthFlavor.none, self.cred.flavor != AuthFlavor.sys {
      // Also for the procedure that does nothing: a client that tries Kerberos begins with it.
      authProblem = .AUTH_REJECTEDCRED
    }
  }

  /// Header and arguments.
  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(xid)
    encoder.uint32(MsgType.CALL.rawValue)
    encoder.uint32(rpcvers)
    encoder.uint32(prog)
    encoder.uint32(vers)
    encoder.uint32(proc)
    cred.encode(to: &encoder)
    verf.encode(to: &encoder)
    encoder.encoded(arguments)
  }
}

/// What a server says of a call, without the procedure's results (RFC 5531 §9).
public enum RPCReplyStatus: Equatable, Sendable {
  /// MSG_ACCEPTED and SUCCESS: results follow.
  case success
  /// MSG_ACCEPTED, PROG_UNAVAIL.
  case progUnavail
  /// MSG_ACCEPTED, PROG_MISMATCH: the lowest and highest version served.
  case progMismatch(low: UInt32, high: UInt32)
  /// MSG_ACCEPTED, PROC_UNAVAIL.
  case procUnavail
  /// MSG_ACCEPTED, GARBAGE_ARGS.
  case garbageArgs
  /// MSG_ACCEPTED, SYSTEM_ERR.
  case systemErr
  /// MSG_DENIED, RPC_MISMATCH.
  case rpcMismatch(low: UInt32, high: UInt32)
  /// MSG_DENIED, AUTH_ERROR.
  case authError(AuthStat)

  /// Writes a reply's header. After `success` the results follow.
  public func encode(xid: UInt32, to encoder: inout XDREncoder) {
    encoder.uint32(xid)
    encoder.uint32(MsgType.REPLY.rawValue)
    switch self {
    case .rpcMismatch(let low, let high):
      encoder.uint32(1)
      encoder.uint32(0)
      encoder.uint32(low)
      encoder.uint32(high)
    case .authError(let stat):
      encoder.uint32(1)
      encoder.uint32(1)
      encoder.uint32(stat.rawValue)
    case .success: encodeAccepted(0, to: &encoder)
    case .progUnavail: encodeAccepted(1, to: &encoder)
    case .progMismatch(let low, let high):
      encodeAccepted(2, to: &encoder)
      encoder.uint32(low)
      encoder.uint32(high)
    case .procUnavail: encodeAccepted(3, to: &encoder)
    case .garbageArgs: encodeAccepted(4, to: &encoder)
    case .systemErr: encodeAccepted(5, to: &encoder)
    }
  }

  private func encodeAccepted(_ acceptStat: UInt32, to encoder: inout XDREncoder) {
    encoder.uint32(0)
    OpaqueAuth.none.encode(to: &encoder)
    encoder.uint32(acceptStat)
  }
}

/// A reply: its status and, after `success`, the results that were not decoded.
public struct RPCReply: Sendable {
  public var xid: UInt32
  public var status: RPCReplyStatus
  public var results: ByteBuffer

  /// Reads what follows xid and message type.
  init(xid: UInt32, from decoder: inout XDRDecoder) throws(XDRError) {
    self.xid = xid
    status = try RPCReplyStatus(from: &decoder)
    results = decoder.remainder
  }
}

extension RPCReplyStatus {
  init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try decoder.uint32() {
    case 0:
      _ = try OpaqueAuth(from: &decoder)
      self = try Self.accepted(from: &decoder)
    case 1: self = try Self.denied(from: &decoder)
    case let other: throw .badEnumeration(type: "reply_stat", value: other)
    }
  }

  private static func accepted(from decoder: inout XDRDecoder) throws(XDRError) -> Self {
    switch try decoder.uint32() {
    case 0: return .success
    case 1: return .progUnavail
    case 2: return .progMismatch(low: try decoder.uint32(), high: try decoder.uint32())
    case 3: return .procUnavail
    case 4: return .garbageArgs
    case 5: return .systemErr
    case let other: throw .badEnumeration(type: "accept_stat", value: other)
    }
  }

  private static func denied(from decoder: inout XDRDecoder) throws(XDRError) -> Self {
    switch try decoder.uint32() {
    case 0: return .rpcMismatch(low: try decoder.uint32(), high: try decoder.uint32())
    case 1:
      let value = try decoder.uint32()
      guard let stat = AuthStat(rawValue: value) else {
        throw .badEnumeration(type: "auth_stat", value: value)
      }
      return .authError(stat)
    case let other: throw .badEnumeration(type: "reject_stat", value: other)
    }
  }
}

/// One record's content: on a connection with a backchannel both kinds travel both ways.
public enum RPCMessage: Sendable {
  case call(RPCCall)
  case reply(RPCReply)

  /// - Throws: `XDRError` when the record is no RPC message: the connection has to be closed,
  ///   as no xid can be trusted.
  public init(record: ByteBuffer) throws(XDRError) {
    var decoder = XDRDecoder(record)
    let xid = try decoder.uint32()
    switch try decoder.uint32() {
    case MsgType.CALL.rawValue: self = .call(try RPCCall(xid: xid, from: &decoder))
    case MsgType.REPLY.rawValue: self = .reply(try RPCReply(xid: xid, from: &decoder))
    case let other: throw .badEnumeration(type: "msg_type", value: other)
    }
  }
}
