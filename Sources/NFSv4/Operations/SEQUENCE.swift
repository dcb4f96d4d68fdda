public import XDR

/// First in nearly every COMPOUND: session, slot, lease (RFC 8881 §18.46).
public enum SEQUENCE: NfsOperation {
  public typealias Arguments = SEQUENCE4args
  public typealias Resok = SEQUENCE4resok
  public static let opnum = NfsOpnum4.OP_SEQUENCE
}

///     struct SEQUENCE4args {
///         sessionid4 sa_sessionid; sequenceid4 sa_sequenceid; slotid4 sa_slotid;
///         slotid4 sa_highest_slotid; bool sa_cachethis;
///     };
public struct SEQUENCE4args: XDRCodable, Hashable, Sendable {
  public var sessionid: Sessionid4
  public var sequenceid: UInt32
  public var slotid: UInt32
  public var highestSlotid: UInt32
  public var cachethis: Bool

  public init(
    sessionid: Sessionid4, sequenceid: UInt32, slotid: UInt32, highestSlotid: UInt32,
    cachethis: Bool
  ) {
    self.sessionid = sessionid
    self.sequenceid = sequenceid
    self.slotid = slotid
    self.highestSlotid = highestSlotid
    self.cachethis = cachethis
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
    sequenceid = try decoder.uint32()
    slotid = try decoder.uint32()
    highestSlotid = try decoder.uint32()
    cachethis = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
    encoder.uint32(sequenceid)
    encoder.uint32(slotid)
    encoder.uint32(highestSlotid)
    encoder.bool(cachethis)
  }
}

///     struct SEQUENCE4resok {
///         sessionid4 sr_sessionid; sequenceid4 sr_sequenceid; slotid4 sr_slotid;
///         slotid4 sr_highest_slotid; slotid4 sr_target_highest_slotid; uint32_t sr_status_flags;
///     };
public struct SEQUENCE4resok: XDRCodable, Hashable, Sendable {
  public var sessionid: Sessionid4
  public var sequenceid: UInt32
  public var slotid: UInt32
  public var highestSlotid: UInt32
  public var targetHighestSlotid: UInt32
  public var statusFlags: Seq4Status

  public init(
    sessionid: Sessionid4, sequenceid: UInt32, slotid: UInt32, highestSlotid: UInt32,
    targetHighestSlotid: UInt32, statusFlags: Seq4Status
  ) {
    self.sessionid = sessionid
    self.sequenceid = sequenceid
    self.slotid = slotid
    self.highestSlotid = highestSlotid
    self.targetHighestSlotid = targetHighestSlotid
    self.statusFlags = statusFlags
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    sessionid = try Sessionid4(from: &decoder)
    sequenceid = try decoder.uint32()
    slotid = try decoder.uint32()
    highestSlotid = try decoder.uint32()
    targetHighestSlotid = try decoder.uint32()
    statusFlags = Seq4Status(rawValue: try decoder.uint32())
  }

  public func encode(to encoder: inout XDREncoder) {
    sessionid.encode(to: &encoder)
    encoder.uint32(sequenceid)
    encoder.uint32(slotid)
    encoder.uint32(highestSlotid)
    encoder.uint32(targetHighestSlotid)
    encoder.uint32(statusFlags.rawValue)
  }
}

/// `SEQ4_STATUS_*`: what the client should look after (RFC 8881 §18.46.3).
public struct Seq4Status: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let CB_PATH_DOWN = Seq4Status(rawValue: 0x1)
  public static let EXPIRED_ALL_STATE_REVOKED = Seq4Status(rawValue: 0x8)
  public static let EXPIRED_SOME_STATE_REVOKED = Seq4Status(rawValue: 0x10)
  public static let ADMIN_STATE_REVOKED = Seq4Status(rawValue: 0x20)
  public static let RECALLABLE_STATE_REVOKED = Seq4Status(rawValue: 0x40)
  public static let LEASE_MOVED = Seq4Status(rawValue: 0x80)
  public static let RESTART_RECLAIM_NEEDED = Seq4Status(rawValue: 0x100)
  public static let CB_PATH_DOWN_SESSION = Seq4Status(rawValue: 0x200)
  public static let BACKCHANNEL_FAULT = Seq4Status(rawValue: 0x400)
  public static let DEVID_CHANGED = Seq4Status(rawValue: 0x800)
  public static let DEVID_DELETED = Seq4Status(rawValue: 0x1000)
}
