public import XDR

/// Asks which stateids are still valid (RFC 8881 §18.48).
public enum TEST_STATEID: NfsOperation {
  public typealias Arguments = TEST_STATEID4args
  public typealias Resok = TEST_STATEID4resok
  public static let opnum = NfsOpnum4.OP_TEST_STATEID
}

///     struct TEST_STATEID4args { stateid4 ts_stateids<>; };
public struct TEST_STATEID4args: XDRCodable, Hashable, Sendable {
  /// Stateids that are read.
  public static let countLimit = 4096

  public var stateids: [Stateid4]

  public init(stateids: [Stateid4]) {
    self.stateids = stateids
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateids = try decoder.array(limit: Self.countLimit, elementBytes: 16) { d throws(XDRError) in
      try Stateid4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.array(stateids) { $0.encode(to: &$1) }
  }
}

///     struct TEST_STATEID4resok { nfsstat4 tsr_status_codes<>; };
public struct TEST_STATEID4resok: XDRCodable, Hashable, Sendable {
  /// One for each stateid, in their order.
  public var statusCodes: [Nfsstat4]

  public init(statusCodes: [Nfsstat4]) {
    self.statusCodes = statusCodes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    statusCodes = try decoder.array(limit: TEST_STATEID4args.countLimit) { d throws(XDRError) in
      try Nfsstat4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.array(statusCodes) { $0.encode(to: &$1) }
  }
}
