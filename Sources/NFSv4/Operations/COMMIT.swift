public import XDR

/// Puts written data on stable storage (RFC 8881 §18.3).
public enum COMMIT: NfsOperation {
  public typealias Arguments = COMMIT4args
  public typealias Resok = COMMIT4resok
  public static let opnum = NfsOpnum4.OP_COMMIT
}

///     struct COMMIT4args { offset4 offset; count4 count; };
public struct COMMIT4args: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  /// Bytes; 0 is everything from the offset.
  public var count: UInt32

  public init(offset: UInt64, count: UInt32) {
    self.offset = offset
    self.count = count
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    count = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint32(count)
  }
}

///     struct COMMIT4resok { verifier4 writeverf; };
public struct COMMIT4resok: XDRCodable, Hashable, Sendable {
  public var writeverf: Verifier4

  public init(writeverf: Verifier4) {
    self.writeverf = writeverf
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    writeverf = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(writeverf)
  }
}
