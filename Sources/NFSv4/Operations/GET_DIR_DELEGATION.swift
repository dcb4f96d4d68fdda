public import XDR

/// Asks for a delegation of a directory (RFC 8881 §18.39).
public enum GET_DIR_DELEGATION: NfsOperation {
  public typealias Arguments = GET_DIR_DELEGATION4args
  public typealias Resok = GET_DIR_DELEGATION4res_non_fatal
  public static let opnum = NfsOpnum4.OP_GET_DIR_DELEGATION
}

///     typedef nfstime4 attr_notice4;
///     struct GET_DIR_DELEGATION4args {
///         bool gdda_signal_deleg_avail; bitmap4 gdda_notification_types;
///         attr_notice4 gdda_child_attr_delay; attr_notice4 gdda_dir_attr_delay;
///         bitmap4 gdda_child_attributes; bitmap4 gdda_dir_attributes;
///     };
public struct GET_DIR_DELEGATION4args: XDRCodable, Hashable, Sendable {
  public var signalDelegAvail: Bool
  public var notificationTypes: Bitmap4
  public var childAttrDelay: Nfstime4
  public var dirAttrDelay: Nfstime4
  public var childAttributes: Bitmap4
  public var dirAttributes: Bitmap4

  public init(
    signalDelegAvail: Bool, notificationTypes: Bitmap4, childAttrDelay: Nfstime4,
    dirAttrDelay: Nfstime4, childAttributes: Bitmap4, dirAttributes: Bitmap4
  ) {
    self.signalDelegAvail = signalDelegAvail
    self.notificationTypes = notificationTypes
    self.childAttrDelay = childAttrDelay
    self.dirAttrDelay = dirAttrDelay
    self.childAttributes = childAttributes
    self.dirAttributes = dirAttributes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    signalDelegAvail = try decoder.bool()
    notificationTypes = try Bitmap4(from: &decoder)
    childAttrDelay = try Nfstime4(from: &decoder)
    dirAttrDelay = try Nfstime4(from: &decoder)
    childAttributes = try Bitmap4(from: &decoder)
    dirAttributes = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(signalDelegAvail)
    notificationTypes.encode(to: &encoder)
    childAttrDelay.encode(to: &encoder)
    dirAttrDelay.encode(to: &encoder)
    childAttributes.encode(to: &encoder)
    dirAttributes.encode(to: &encoder)
  }
}

///     struct GET_DIR_DELEGATION4resok {
///         verifier4 gddr_cookieverf; stateid4 gddr_stateid; bitmap4 gddr_notification;
///         bitmap4 gddr_child_attributes; bitmap4 gddr_dir_attributes;
///     };
public struct GET_DIR_DELEGATION4resok: XDRCodable, Hashable, Sendable {
  public var cookieverf: Verifier4
  public var stateid: Stateid4
  public var notification: Bitmap4
  public var childAttributes: Bitmap4
  public var dirAttributes: Bitmap4

  public init(
    cookieverf: Verifier4, stateid: Stateid4, notification: Bitmap4, childAttributes: Bitmap4,
    dirAttributes: Bitmap4
  ) {
    self.cookieverf = cookieverf
    self.stateid = stateid
    self.notification = notification
    self.childAttributes = childAttributes
    self.dirAttributes = dirAttributes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cookieverf = try decoder.uint64()
    stateid = try Stateid4(from: &decoder)
    notification = try Bitmap4(from: &decoder)
    childAttributes = try Bitmap4(from: &decoder)
    dirAttributes = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(cookieverf)
    stateid.encode(to: &encoder)
    notification.encode(to: &encoder)
    childAttributes.encode(to: &encoder)
    dirAttributes.encode(to: &encoder)
  }
}

///     enum gddrnf4_status { GDD4_OK = 0, GDD4_UNAVAIL = 1 };
public enum Gddrnf4Status: UInt32, XDRCodable, Sendable {
  case GDD4_OK = 0
  case GDD4_UNAVAIL = 1

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "gddrnf4_status", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// NFS4_OK and yet perhaps no delegation.
///
///     union GET_DIR_DELEGATION4res_non_fatal switch (gddrnf4_status gddrnf_status) {
///         case GDD4_OK:      GET_DIR_DELEGATION4resok gddrnf_resok4;
///         case GDD4_UNAVAIL: bool gddrnf_will_signal_deleg_avail;
///     };
public enum GET_DIR_DELEGATION4res_non_fatal: XDRCodable, Hashable, Sendable {
  case ok(GET_DIR_DELEGATION4resok)
  case unavail(willSignalDelegAvail: Bool)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try Gddrnf4Status(from: &decoder) {
    case .GDD4_OK: self = .ok(try GET_DIR_DELEGATION4resok(from: &decoder))
    case .GDD4_UNAVAIL: self = .unavail(willSignalDelegAvail: try decoder.bool())
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .ok(let value):
      Gddrnf4Status.GDD4_OK.encode(to: &encoder)
      value.encode(to: &encoder)
    case .unavail(let value):
      Gddrnf4Status.GDD4_UNAVAIL.encode(to: &encoder)
      encoder.bool(value)
    }
  }
}
