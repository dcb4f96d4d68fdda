public import XDR

/// What a client got from a data server (RFC 7862 §15.6.1).
///
///     struct device_error4 { deviceid4 de_deviceid; nfsstat4 de_status; nfs_opnum4 de_opnum; };
public struct DeviceError4: XDRCodable, Hashable, Sendable {
  public var deviceid: Deviceid4
  public var status: Nfsstat4
  public var opnum: NfsOpnum4

  public init(deviceid: Deviceid4, status: Nfsstat4, opnum: NfsOpnum4) {
    self.deviceid = deviceid
    self.status = status
    self.opnum = opnum
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    deviceid = try Deviceid4(from: &decoder)
    status = try Nfsstat4(from: &decoder)
    opnum = try NfsOpnum4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    deviceid.encode(to: &encoder)
    status.encode(to: &encoder)
    opnum.encode(to: &encoder)
  }
}

extension NfsOpnum4: XDRCodable {
  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "nfs_opnum4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}
