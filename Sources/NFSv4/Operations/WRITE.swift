public import NIOCore
public import XDR

/// Writes to a file (RFC 8881 §18.32).
public enum WRITE: NfsOperation {
  public typealias Arguments = WRITE4args
  public typealias Resok = WRITE4resok
  public static let opnum = NfsOpnum4.OP_WRITE
}

///     struct WRITE4args { stateid4 stateid; offset4 offset; stable_how4 stable; opaque data<>; };
public struct WRITE4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var offset: UInt64
  public var stable: StableHow4
  /// At most `NFS4.payloadLimitBytes`. Large data is referenced, not copied, when encoded; what is
  /// decoded is a slice of the request.
  public var data: ByteBuffer

  public init(stateid: Stateid4, offset: UInt64, stable: StableHow4, data: ByteBuffer) {
    self.stateid = stateid
    self.offset = offset
    self.stable = stable
    self.data = data
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    stable = try StableHow4(from: &decoder)
    data = try decoder.opaque(limit: NFS4.payloadLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(offset)
    stable.encode(to: &encoder)
    encoder.opaqueSlices(CollectionOfOne(data))
  }
}

///     struct WRITE4resok { count4 count; stable_how4 committed; verifier4 writeverf; };
public struct WRITE4resok: XDRCodable, Hashable, Sendable {
  /// Bytes.
  public var count: UInt32
  public var committed: StableHow4
  public var writeverf: Verifier4

  public init(count: UInt32, committed: StableHow4, writeverf: Verifier4) {
    self.count = count
    self.committed = committed
    self.writeverf = writeverf
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    count = try decoder.uint32()
    committed = try StableHow4(from: &decoder)
    writeverf = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(count)
    committed.encode(to: &encoder)
    encoder.uint64(writeverf)
  }
}
