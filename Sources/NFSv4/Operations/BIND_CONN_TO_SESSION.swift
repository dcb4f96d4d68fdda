public import XDR

/// Says what a connection carries for a session (RFC 8881 §18.34).
public enum BIND_CONN_TO_SESSION: NfsOperation {
  public typealias Arguments = BIND_CONN_TO_SESSION4args
  public typealias Resok = BIND_CONN_TO_SESSION4resok
  public static let opnum = NfsOpnum4.OP_BIND_CONN_TO_SESSION
}

///     enum channel_dir_from_client4 {
///         CDFC4_FORE = 0x1, CDFC4_BACK = 0x2, CDFC4_FORE_OR_BOTH = 0x3, CDFC4_BACK_OR_BOTH = 0x7
///     };
public enum ChannelDirFromClient4: UInt32, XDRCodable, Sendable {
  case CDFC4_FORE = 0x1
  case CDFC4_BACK = 0x2
  case CDFC4_FORE_OR_BOTH = 0x3
  case CDFC4_BACK_OR_BOTH = 0x7

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "channel_dir_from_client4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     enum channel_dir_from_server4 { CDFS4_FORE = 0x1, CDFS4_BACK = 0x2, CDFS4_BOTH = 0x3 };
public enum ChannelDirFromServer4: UInt32, XDRCodable, Sendable {
  case CDFS4_FORE = 0x1
  case CDFS4_BACK = 0x2
  case CDFS4_BOTH = 0x3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "channel_dir_from_server4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct BIND_CONN_TO_SESSION4args {
///         sessionid4 bctsa_sessid; channel_dir_from_client4 bctsa_dir;
///         bool bctsa_use_conn_in_rdma_mode;
///     };
public struct BIND_CONN_TO_SESSION4args: XDRCodable, Hashable, Sendable {
  public var sessid: Sessionid4
  public var dir: ChannelDirFromClient4
  public var useConnInRdmaMode: Bool

  public init(sessid: Sessionid4, dir: ChannelDirFromClient4, useConnInRdmaMode: Bool) {
    self.sessid = sessid
    self.dir = dir
    self.useConnInRdmaMode = useConnInRdmaMode
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessid = try Sessionid4(from: &decoder)
    dir = try ChannelDirFromClient4(from: &decoder)
    useConnInRdmaMode = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    sessid.encode(to: &encoder)
    dir.encode(to: &encoder)
    encoder.bool(useConnInRdmaMode)
  }
}

///     struct BIND_CONN_TO_SESSION4resok {
///         sessionid4 bctsr_sessid; channel_dir_from_server4 bctsr_dir;
///         bool bctsr_use_conn_in_rdma_mode;
///     };
public struct BIND_CONN_TO_SESSION4resok: XDRCodable, Hashable, Sendable {
  public var sessid: Sessionid4
  public var dir: ChannelDirFromServer4
  public var useConnInRdmaMode: Bool

  public init(sessid: Sessionid4, dir: ChannelDirFromServer4, useConnInRdmaMode: Bool) {
    self.sessid = sessid
    self.dir = dir
    self.useConnInRdmaMode = useConnInRdmaMode
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessid = try Sessionid4(from: &decoder)
    dir = try ChannelDirFromServer4(from: &decoder)
    useConnInRdmaMode = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    sessid.encode(to: &encoder)
    dir.encode(to: &encoder)
    encoder.bool(useConnInRdmaMode)
  }
}
