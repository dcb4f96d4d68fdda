public import NIOCore
public import XDR

/// Reads from a file (RFC 8881 §18.22).
public enum READ: NfsOperation {
  public typealias Arguments = READ4args
  public typealias Resok = READ4resok
  public static let opnum = NfsOpnum4.OP_READ
}

///     struct READ4args { stateid4 stateid; offset4 offset; count4 count; };
public struct READ4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var offset: UInt64
  /// Bytes.
  public var count: UInt32

  public init(stateid: Stateid4, offset: UInt64, count: UInt32) {
    self.stateid = stateid
    self.offset = offset
    self.count = count
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    count = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint32(count)
  }
}

/// At most `NFS4.payloadLimitBytes` of data.
///
///     struct READ4resok { bool eof; opaque data<>; };
public struct READ4resok: XDRCodable, Hashable, Sendable {
  public var eof: Bool
  /// The data in pieces, in their order. Large ones are referenced, not copied, when encoded; what
  /// is decoded is one slice of the reply, or none where there is no data.
  public var data: [ByteBuffer]

  public init(eof: Bool, data: [ByteBuffer]) {
    self.eof = eof
    self.data = data
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    eof = try decoder.bool()
    let slice = try decoder.opaque(limit: NFS4.payloadLimitBytes)
    data = slice.readableBytes == 0 ? [] : [slice]
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(eof)
    encoder.opaqueSlices(data)
  }
}
