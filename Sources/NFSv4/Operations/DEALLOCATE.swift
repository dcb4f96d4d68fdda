public import XDR

/// Makes a range of a file a hole (RFC 7862 §15.4).
public enum DEALLOCATE: NfsOperation {
  public typealias Arguments = DEALLOCATE4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_DEALLOCATE
}

///     struct DEALLOCATE4args { stateid4 da_stateid; offset4 da_offset; length4 da_length; };
public struct DEALLOCATE4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var offset: UInt64
  /// Bytes.
  public var length: UInt64

  public init(stateid: Stateid4, offset: UInt64, length: UInt64) {
    self.stateid = stateid
    self.offset = offset
    self.length = length
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    length = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint64(length)
  }
}
