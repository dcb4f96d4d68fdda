public import XDR

/// Says how a file will be used (RFC 7862 §15.5).
public enum IO_ADVISE: NfsOperation {
  public typealias Arguments = IO_ADVISE4args
  public typealias Resok = IO_ADVISE4resok
  public static let opnum = NfsOpnum4.OP_IO_ADVISE
}

///     struct IO_ADVISE4args {
///         stateid4 iaa_stateid; offset4 iaa_offset; length4 iaa_count; bitmap4 iaa_hints;
///     };
public struct IO_ADVISE4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var offset: UInt64
  /// Bytes; 0 is up to the end.
  public var count: UInt64
  /// `IO_ADVISE4` numbers.
  public var hints: Bitmap4

  public init(stateid: Stateid4, offset: UInt64, count: UInt64, hints: Bitmap4) {
    self.stateid = stateid
    self.offset = offset
    self.count = count
    self.hints = hints
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    count = try decoder.uint64()
    hints = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint64(count)
    hints.encode(to: &encoder)
  }
}

///     struct IO_ADVISE4resok { bitmap4 ior_hints; };
public struct IO_ADVISE4resok: XDRCodable, Hashable, Sendable {
  /// Those that are heeded.
  public var hints: Bitmap4

  public init(hints: Bitmap4) {
    self.hints = hints
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    hints = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    hints.encode(to: &encoder)
  }
}

/// `enum IO_ADVISE_type4`: bits of the hints (RFC 7862 §15.5.1).
public enum IO_ADVISE4 {
  public static let NORMAL = 0
  public static let SEQUENTIAL = 1
  public static let SEQUENTIAL_BACKWARDS = 2
  public static let RANDOM = 3
  public static let WILLNEED = 4
  public static let WILLNEED_OPPORTUNISTIC = 5
  public static let DONTNEED = 6
  public static let NOREUSE = 7
  public static let READ = 8
  public static let WRITE = 9
  public static let INIT_PROXIMITY = 10
}
