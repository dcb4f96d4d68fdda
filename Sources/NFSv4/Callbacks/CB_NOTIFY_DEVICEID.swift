public import XDR

/// Devices changed or went away (RFC 8881 §20.12).
public enum CB_NOTIFY_DEVICEID: NfsCbOperation {
  public typealias Arguments = CB_NOTIFY_DEVICEID4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_NOTIFY_DEVICEID
}

/// Bit numbers in `notify_mask` and in GETDEVICEINFO's bitmaps.
///
///     enum notify_deviceid_type4 { NOTIFY_DEVICEID4_CHANGE = 1, NOTIFY_DEVICEID4_DELETE = 2 };
public enum NotifyDeviceidType4: UInt32, XDRCodable, Sendable {
  case NOTIFY_DEVICEID4_CHANGE = 1
  case NOTIFY_DEVICEID4_DELETE = 2

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "notify_deviceid_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct notify_deviceid_delete4 { layouttype4 ndd_layouttype; deviceid4 ndd_deviceid; };
public struct NotifyDeviceidDelete4: XDRCodable, Hashable, Sendable {
  public var layouttype: Layouttype4
  public var deviceid: Deviceid4

  public init(layouttype: Layouttype4, deviceid: Deviceid4) {
    self.layouttype = layouttype
    self.deviceid = deviceid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    layouttype = try Layouttype4(from: &decoder)
    deviceid = try Deviceid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    layouttype.encode(to: &encoder)
    deviceid.encode(to: &encoder)
  }
}

///     struct notify_deviceid_change4 {
///         layouttype4 ndc_layouttype; deviceid4 ndc_deviceid; bool ndc_immediate;
///     };
public struct NotifyDeviceidChange4: XDRCodable, Hashable, Sendable {
  public var layouttype: Layouttype4
  public var deviceid: Deviceid4
  public var immediate: Bool

  public init(layouttype: Layouttype4, deviceid: Deviceid4, immediate: Bool) {
    self.layouttype = layouttype
    self.deviceid = deviceid
    self.immediate = immediate
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    layouttype = try Layouttype4(from: &decoder)
    deviceid = try Deviceid4(from: &decoder)
    immediate = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    layouttype.encode(to: &encoder)
    deviceid.encode(to: &encoder)
    encoder.bool(immediate)
  }
}

///     struct CB_NOTIFY_DEVICEID4args { notify4 cnda_changes<>; };
public struct CB_NOTIFY_DEVICEID4args: XDRCodable, Hashable, Sendable {
  public var changes: [Notify4]

  public init(changes: [Notify4]) {
    self.changes = changes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    changes = try decoder.array(limit: Notify4.countLimit, elementBytes: 8) { d throws(XDRError) in
      try Notify4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.array(changes) { $0.encode(to: &$1) }
  }
}

extension Notify4 {
  /// One device's end, for CB_NOTIFY_DEVICEID.
  public init(_ delete: NotifyDeviceidDelete4) {
    self.init(.NOTIFY_DEVICEID4_DELETE, delete)
  }

  /// One device's change, for CB_NOTIFY_DEVICEID.
  public init(_ change: NotifyDeviceidChange4) {
    self.init(.NOTIFY_DEVICEID4_CHANGE, change)
  }

  private init(_ type: NotifyDeviceidType4, _ value: some XDRCodable) {
    var mask = Bitmap4()
    mask.insert(bit: Int(type.rawValue))
    self.init(mask: mask, vals: value.xdr)
  }
}
