public import XDR

/// Makes a session, and confirms a client id (RFC 8881 §18.36).
public enum CREATE_SESSION: NfsOperation {
  public typealias Arguments = CREATE_SESSION4args
  public typealias Resok = CREATE_SESSION4resok
  public static let opnum = NfsOpnum4.OP_CREATE_SESSION
}

///     struct CREATE_SESSION4args {
///         clientid4 csa_clientid; sequenceid4 csa_sequence; uint32_t csa_flags;
///         channel_attrs4 csa_fore_chan_attrs; channel_attrs4 csa_back_chan_attrs;
///         uint32_t csa_cb_program; callback_sec_parms4 csa_sec_parms<>;
///     };
public struct CREATE_SESSION4args: XDRCodable, Hashable, Sendable {
  public var clientid: Clientid4
  public var sequence: UInt32
  public var flags: CreateSession4Flags
  public var foreChanAttrs: ChannelAttrs4
  public var backChanAttrs: ChannelAttrs4
  public var cbProgram: UInt32
  public var secParms: [CallbackSecParms4]

  public init(
    clientid: Clientid4, sequence: UInt32, flags: CreateSession4Flags, foreChanAttrs: ChannelAttrs4,
    backChanAttrs: ChannelAttrs4, cbProgram: UInt32, secParms: [CallbackSecParms4]
  ) {
    self.clientid = clientid
    self.sequence = sequence
    self.flags = flags
    self.foreChanAttrs = foreChanAttrs
    self.backChanAttrs = backChanAttrs
    self.cbProgram = cbProgram
    self.secParms = secParms
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientid = try decoder.uint64()
    sequence = try decoder.uint32()
    flags = CreateSession4Flags(rawValue: try decoder.uint32())
    foreChanAttrs = try ChannelAttrs4(from: &decoder)
    backChanAttrs = try ChannelAttrs4(from: &decoder)
    cbProgram = try decoder.uint32()
    secParms = try decoder.array(limit: CallbackSecParms4.countLimit) { d throws(XDRError) in
      try CallbackSecParms4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(clientid)
    encoder.uint32(sequence)
    encoder.uint32(flags.rawValue)
    foreChanAttrs.encode(to: &encoder)
    backChanAttrs.encode(to: &encoder)
    encoder.uint32(cbProgram)
    encoder.array(secParms) { $0.encode(to: &$1) }
  }
}

///     struct CREATE_SESSION4resok {
///         sessionid4 csr_sessionid; sequenceid4 csr_sequence; uint32_t csr_flags;
///         channel_attrs4 csr_fore_chan_attrs; channel_attrs4 csr_back_chan_attrs;
///     };
public struct CREATE_SESSION4resok: XDRCodable, Hashable, Sendable {
  public var sessionid: Sessionid4
  public var sequence: UInt32
  public var flags: CreateSession4Flags
  public var foreChanAttrs: ChannelAttrs4
  public var backChanAttrs: ChannelAttrs4

  public init(
    sessionid: Sessionid4, sequence: UInt32, flags: CreateSession4Flags,
    foreChanAttrs: ChannelAttrs4, backChanAttrs: ChannelAttrs4
  ) {
    self.sessionid = sessionid
    self.sequence = sequence
    self.flags = flags
    self.foreChanAttrs = foreChanAttrs
    self.backChanAttrs = backChanAttrs
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
    sequence = try decoder.uint32()
    flags = CreateSession4Flags(rawValue: try decoder.uint32())
    foreChanAttrs = try ChannelAttrs4(from: &decoder)
    backChanAttrs = try ChannelAttrs4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
    encoder.uint32(sequence)
    encoder.uint32(flags.rawValue)
    foreChanAttrs.encode(to: &encoder)
    backChanAttrs.encode(to: &encoder)
  }
}

/// One direction of a session: sizes in bytes, and how many operations and slots.
///
///     struct channel_attrs4 {
///         count4 ca_headerpadsize; count4 ca_maxrequestsize; count4 ca_maxresponsesize;
///         count4 ca_maxresponsesize_cached; count4 ca_maxoperations; count4 ca_maxrequests;
///         uint32_t ca_rdma_ird<1>;
///     };
public struct ChannelAttrs4: XDRCodable, Hashable, Sendable {
  public var headerpadsize: UInt32
  public var maxrequestsize: UInt32
  public var maxresponsesize: UInt32
  public var maxresponsesizeCached: UInt32
  public var maxoperations: UInt32
  public var maxrequests: UInt32
  public var rdmaIrd: UInt32?

  public init(
    headerpadsize: UInt32, maxrequestsize: UInt32, maxresponsesize: UInt32,
    maxresponsesizeCached: UInt32, maxoperations: UInt32, maxrequests: UInt32, rdmaIrd: UInt32?
  ) {
    self.headerpadsize = headerpadsize
    self.maxrequestsize = maxrequestsize
    self.maxresponsesize = maxresponsesize
    self.maxresponsesizeCached = maxresponsesizeCached
    self.maxoperations = maxoperations
    self.maxrequests = maxrequests
    self.rdmaIrd = rdmaIrd
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    headerpadsize = try decoder.uint32()
    maxrequestsize = try decoder.uint32()
    maxresponsesize = try decoder.uint32()
    maxresponsesizeCached = try decoder.uint32()
    maxoperations = try decoder.uint32()
    maxrequests = try decoder.uint32()
    rdmaIrd = try decoder.array(limit: 1) { d throws(XDRError) in try d.uint32() }.first
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(headerpadsize)
    encoder.uint32(maxrequestsize)
    encoder.uint32(maxresponsesize)
    encoder.uint32(maxresponsesizeCached)
    encoder.uint32(maxoperations)
    encoder.uint32(maxrequests)
    encoder.optional(rdmaIrd) { $1.uint32($0) }
  }
}

/// `CREATE_SESSION4_FLAG_*` (RFC 8881 §18.36.3).
public struct CreateSession4Flags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  /// The reply cache outlives the server.
  public static let PERSIST = CreateSession4Flags(rawValue: 0x1)
  /// This connection carries callbacks too.
  public static let CONN_BACK_CHAN = CreateSession4Flags(rawValue: 0x2)
  public static let CONN_RDMA = CreateSession4Flags(rawValue: 0x4)
}
