public import XDR

/// Asks how far a copy is (RFC 7862 §15.9).
public enum OFFLOAD_STATUS: NfsOperation {
  public typealias Arguments = OFFLOAD_STATUS4args
  public typealias Resok = OFFLOAD_STATUS4resok
  public static let opnum = NfsOpnum4.OP_OFFLOAD_STATUS
}

///     struct OFFLOAD_STATUS4args { stateid4 osa_stateid; };
public struct OFFLOAD_STATUS4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4

  public init(stateid: Stateid4) {
    self.stateid = stateid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
  }
}

///     struct OFFLOAD_STATUS4resok { length4 osr_count; nfsstat4 osr_complete<1>; };
public struct OFFLOAD_STATUS4resok: XDRCodable, Hashable, Sendable {
  /// Bytes copied so far.
  public var count: UInt64
  /// How it ended, once it has.
  public var complete: Nfsstat4?

  public init(count: UInt64, complete: Nfsstat4?) {
    self.count = count
    self.complete = complete
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    count = try decoder.uint64()
    complete = try decoder.array(limit: 1) { d throws(XDRError) in try Nfsstat4(from: &d) }.first
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(count)
    encoder.optional(complete) { $0.encode(to: &$1) }
  }
}
