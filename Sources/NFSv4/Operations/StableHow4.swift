public import XDR

/// How far written data is on stable storage (RFC 8881 §18.32).
///
///     enum stable_how4 { UNSTABLE4 = 0, DATA_SYNC4 = 1, FILE_SYNC4 = 2 };
public enum StableHow4: UInt32, XDRCodable, Sendable {
  case UNSTABLE4 = 0
  case DATA_SYNC4 = 1
  case FILE_SYNC4 = 2

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "stable_how4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// What a copy wrote (RFC 7862 §15.2).
///
///     struct write_response4 {
///         stateid4 wr_callback_id<1>; length4 wr_count; stable_how4 wr_committed;
///         verifier4 wr_writeverf;
///     };
public struct WriteResponse4: XDRCodable, Hashable, Sendable {
  /// Of the copy that goes on; its end is told by CB_OFFLOAD.
  public var callbackId: Stateid4?
  /// Bytes.
  public var count: UInt64
  public var committed: StableHow4
  public var writeverf: Verifier4

  public init(callbackId: Stateid4?, count: UInt64, committed: StableHow4, writeverf: Verifier4) {
    self.callbackId = callbackId
    self.count = count
    self.committed = committed
    self.writeverf = writeverf
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    callbackId = try decoder.array(limit: 1) { d throws(XDRError) in try Stateid4(from: &d) }.first
    count = try decoder.uint64()
    committed = try StableHow4(from: &decoder)
    writeverf = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.optional(callbackId) { $0.encode(to: &$1) }
    encoder.uint64(count)
    committed.encode(to: &encoder)
    encoder.uint64(writeverf)
  }
}
