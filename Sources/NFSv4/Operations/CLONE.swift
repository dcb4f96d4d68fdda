public import XDR

/// Lets a range share its storage with another file's (RFC 7862 §15.13).
public enum CLONE: NfsOperation {
  public typealias Arguments = CLONE4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_CLONE
}

///     struct CLONE4args {
///         stateid4 cl_src_stateid; stateid4 cl_dst_stateid; offset4 cl_src_offset;
///         offset4 cl_dst_offset; length4 cl_count;
///     };
public struct CLONE4args: XDRCodable, Hashable, Sendable {
  public var srcStateid: Stateid4
  public var dstStateid: Stateid4
  public var srcOffset: UInt64
  public var dstOffset: UInt64
  /// Bytes; 0 is up to the end of the source.
  public var count: UInt64

  public init(
    srcStateid: Stateid4, dstStateid: Stateid4, srcOffset: UInt64, dstOffset: UInt64, count: UInt64
  ) {
    self.srcStateid = srcStateid
    self.dstStateid = dstStateid
    self.srcOffset = srcOffset
    self.dstOffset = dstOffset
    self.count = count
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    srcStateid = try Stateid4(from: &decoder)
    dstStateid = try Stateid4(from: &decoder)
    srcOffset = try decoder.uint64()
    dstOffset = try decoder.uint64()
    count = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    srcStateid.encode(to: &encoder)
    dstStateid.encode(to: &encoder)
    encoder.uint64(srcOffset)
    encoder.uint64(dstOffset)
    encoder.uint64(count)
  }
}
