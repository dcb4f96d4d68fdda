public import XDR

/// A client tells how much it moved through a device (RFC 7862 §15.7).
public enum LAYOUTSTATS: NfsOperation {
  public typealias Arguments = LAYOUTSTATS4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_LAYOUTSTATS
}

///     struct io_info4 { uint64_t ii_count; uint64_t ii_bytes; };
public struct IoInfo4: XDRCodable, Hashable, Sendable {
  /// Operations.
  public var count: UInt64
  public var bytes: UInt64

  public init(count: UInt64, bytes: UInt64) {
    self.count = count
    self.bytes = bytes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    count = try decoder.uint64()
    bytes = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(count)
    encoder.uint64(bytes)
  }
}

///     struct LAYOUTSTATS4args {
///         offset4 lsa_offset; length4 lsa_length; stateid4 lsa_stateid; io_info4 lsa_read;
///         io_info4 lsa_write; deviceid4 lsa_deviceid; layoutupdate4 lsa_layoutupdate;
///     };
public struct LAYOUTSTATS4args: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  public var length: UInt64
  public var stateid: Stateid4
  public var read: IoInfo4
  public var write: IoInfo4
  public var deviceid: Deviceid4
  public var layoutupdate: Layoutupdate4

  public init(
    offset: UInt64, length: UInt64, stateid: Stateid4, read: IoInfo4, write: IoInfo4,
    deviceid: Deviceid4, layoutupdate: Layoutupdate4
  ) {
    self.offset = offset
    self.length = length
    self.stateid = stateid
    self.read = read
    self.write = write
    self.deviceid = deviceid
    self.layoutupdate = layoutupdate
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
    stateid = try Stateid4(from: &decoder)
    read = try IoInfo4(from: &decoder)
    write = try IoInfo4(from: &decoder)
    deviceid = try Deviceid4(from: &decoder)
    layoutupdate = try Layoutupdate4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
    stateid.encode(to: &encoder)
    read.encode(to: &encoder)
    write.encode(to: &encoder)
    deviceid.encode(to: &encoder)
    layoutupdate.encode(to: &encoder)
  }
}
