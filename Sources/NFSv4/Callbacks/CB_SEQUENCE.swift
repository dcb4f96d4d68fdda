public import XDR

/// First in every CB_COMPOUND: session and slot of the backchannel (RFC 8881 §20.9).
public enum CB_SEQUENCE: NfsCbOperation {
  public typealias Arguments = CB_SEQUENCE4args
  public typealias Resok = CB_SEQUENCE4resok
  public static let opnum = NfsCbOpnum4.OP_CB_SEQUENCE
}

///     struct referring_call4 { sequenceid4 rc_sequenceid; slotid4 rc_slotid; };
public struct ReferringCall4: XDRCodable, Hashable, Sendable {
  public var sequenceid: UInt32
  public var slotid: UInt32

  public init(sequenceid: UInt32, slotid: UInt32) {
    self.sequenceid = sequenceid
    self.slotid = slotid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sequenceid = try decoder.uint32()
    slotid = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(sequenceid)
    encoder.uint32(slotid)
  }
}

/// Requests of the client whose replies this callback may have overtaken (RFC 8881 §2.10.6.3).
///
///     struct referring_call_list4 {
///         sessionid4 rcl_sessionid; referring_call4 rcl_referring_calls<>;
///     };
public struct ReferringCallList4: XDRCodable, Hashable, Sendable {
  /// Calls of one session, and sessions of one callback, that are read.
  static let callLimit = 1024

  public var sessionid: Sessionid4
  public var referringCalls: [ReferringCall4]

  public init(sessionid: Sessionid4, referringCalls: [ReferringCall4]) {
    self.sessionid = sessionid
    self.referringCalls = referringCalls
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
    referringCalls = try decoder.array(limit: Self.callLimit, elementBytes: 8) {
      d throws(XDRError) in try ReferringCall4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
    encoder.array(referringCalls) { $0.encode(to: &$1) }
  }
}

///     struct CB_SEQUENCE4args {
///         sessionid4 csa_sessionid; sequenceid4 csa_sequenceid; slotid4 csa_slotid;
///         slotid4 csa_highest_slotid; bool csa_cachethis;
///         referring_call_list4 csa_referring_call_lists<>;
///     };
public struct CB_SEQUENCE4args: XDRCodable, Hashable, Sendable {
  public var sessionid: Sessionid4
  public var sequenceid: UInt32
  public var slotid: UInt32
  public var highestSlotid: UInt32
  public var cachethis: Bool
  public var referringCallLists: [ReferringCallList4]

  public init(
    sessionid: Sessionid4, sequenceid: UInt32, slotid: UInt32, highestSlotid: UInt32,
    cachethis: Bool, referringCallLists: [ReferringCallList4]
  ) {
    self.sessionid = sessionid
    self.sequenceid = sequenceid
    self.slotid = slotid
    self.highestSlotid = highestSlotid
    self.cachethis = cachethis
    self.referringCallLists = referringCallLists
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
    sequenceid = try decoder.uint32()
    slotid = try decoder.uint32()
    highestSlotid = try decoder.uint32()
    cachethis = try decoder.bool()
    referringCallLists = try decoder.array(limit: ReferringCallList4.callLimit, elementBytes: 20) {
      d throws(XDRError) in try ReferringCallList4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
    encoder.uint32(sequenceid)
    encoder.uint32(slotid)
    encoder.uint32(highestSlotid)
    encoder.bool(cachethis)
    encoder.array(referringCallLists) { $0.encode(to: &$1) }
  }
}

///     struct CB_SEQUENCE4resok {
///         sessionid4 csr_sessionid; sequenceid4 csr_sequenceid; slotid4 csr_slotid;
///         slotid4 csr_highest_slotid; slotid4 csr_target_highest_slotid;
///     };
public struct CB_SEQUENCE4resok: XDRCodable, Hashable, Sendable {
  public var sessionid: Sessionid4
  public var sequenceid: UInt32
  public var slotid: UInt32
  public var highestSlotid: UInt32
  public var targetHighestSlotid: UInt32

  public init(
    sessionid: Sessionid4, sequenceid: UInt32, slotid: UInt32, highestSlotid: UInt32,
    targetHighestSlotid: UInt32
  ) {
    self.sessionid = sessionid
    self.sequenceid = sequenceid
    self.slotid = slotid
    self.highestSlotid = highestSlotid
    self.targetHighestSlotid = targetHighestSlotid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
    sequenceid = try decoder.uint32()
    slotid = try decoder.uint32()
    highestSlotid = try decoder.uint32()
    targetHighestSlotid = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
    encoder.uint32(sequenceid)
    encoder.uint32(slotid)
    encoder.uint32(highestSlotid)
    encoder.uint32(targetHighestSlotid)
  }
}
