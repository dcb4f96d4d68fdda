public import XDR

/// A client tells of data servers that failed it (RFC 7862 §15.6).
public enum LAYOUTERROR: NfsOperation {
  public typealias Arguments = LAYOUTERROR4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_LAYOUTERROR
}

///     struct LAYOUTERROR4args {
///         offset4 lea_offset; length4 lea_length; stateid4 lea_stateid;
///         device_error4 lea_errors<>;
///     };
public struct LAYOUTERROR4args: XDRCodable, Hashable, Sendable {
  /// Errors that are read.
  static let errorLimit = 1024

  public var offset: UInt64
  public var length: UInt64
  public var stateid: Stateid4
  public var errors: [DeviceError4]

  public init(offset: UInt64, length: UInt64, stateid: Stateid4, errors: [DeviceError4]) {
    self.offset = offset
    self.length = length
    self.stateid = stateid
    self.errors = errors
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
    stateid = try Stateid4(from: &decoder)
    errors = try decoder.array(limit: Self.errorLimit, elementBytes: 24) { d throws(XDRError) in
      try DeviceError4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
    stateid.encode(to: &encoder)
    encoder.array(errors) { $0.encode(to: &$1) }
  }
}
