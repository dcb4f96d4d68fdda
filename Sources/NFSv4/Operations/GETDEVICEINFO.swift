public import XDR

/// Where a device of a layout is (RFC 8881 §18.40).
public enum GETDEVICEINFO: NfsOperation {
  public typealias Arguments = GETDEVICEINFO4args
  public typealias Resok = GETDEVICEINFO4resok
  public static let opnum = NfsOpnum4.OP_GETDEVICEINFO

  /// With `NFS4ERR_TOOSMALL` goes the `gdia_maxcount` that would do; zero where none is given.
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {
    encodeRefusal(status, mincount: 0, to: &encoder)
  }

  /// - Parameter mincount: bytes that the device's address needs; for `NFS4ERR_TOOSMALL` only.
  public static func encodeRefusal(
    _ status: Nfsstat4, mincount: UInt32, to encoder: inout XDREncoder
  ) {
    if status == .NFS4ERR_TOOSMALL { encoder.uint32(mincount) }
  }

  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    _ = try decodeRefusal(status, from: &decoder)
  }

  /// The `gdir_mincount` of a refusal that has one.
  public static func decodeRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) -> UInt32? {
    status == .NFS4ERR_TOOSMALL ? try decoder.uint32() : nil
  }
}

///     struct GETDEVICEINFO4args {
///         deviceid4 gdia_device_id; layouttype4 gdia_layout_type; count4 gdia_maxcount;
///         bitmap4 gdia_notify_types;
///     };
public struct GETDEVICEINFO4args: XDRCodable, Hashable, Sendable {
  public var deviceId: Deviceid4
  public var layoutType: Layouttype4
  /// Bytes of the result's body that the client takes.
  public var maxcount: UInt32
  /// Bits of `NotifyDeviceidType4`.
  public var notifyTypes: Bitmap4

  public init(deviceId: Deviceid4, layoutType: Layouttype4, maxcount: UInt32, notifyTypes: Bitmap4)
  {
    self.deviceId = deviceId
    self.layoutType = layoutType
    self.maxcount = maxcount
    self.notifyTypes = notifyTypes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    deviceId = try Deviceid4(from: &decoder)
    layoutType = try Layouttype4(from: &decoder)
    maxcount = try decoder.uint32()
    notifyTypes = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    deviceId.encode(to: &encoder)
    layoutType.encode(to: &encoder)
    encoder.uint32(maxcount)
    notifyTypes.encode(to: &encoder)
  }
}

///     struct GETDEVICEINFO4resok { device_addr4 gdir_device_addr; bitmap4 gdir_notification; };
///     union GETDEVICEINFO4res switch (nfsstat4 gdir_status) {
///         case NFS4_OK:          GETDEVICEINFO4resok gdir_resok4;
///         case NFS4ERR_TOOSMALL: count4 gdir_mincount;
///         default:               void;
///     };
public struct GETDEVICEINFO4resok: XDRCodable, Hashable, Sendable {
  public var deviceAddr: DeviceAddr4
  public var notification: Bitmap4

  public init(deviceAddr: DeviceAddr4, notification: Bitmap4) {
    self.deviceAddr = deviceAddr
    self.notification = notification
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    deviceAddr = try DeviceAddr4(from: &decoder)
    notification = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    deviceAddr.encode(to: &encoder)
    notification.encode(to: &encoder)
  }
}
