public import XDR

/// Who gives some blocks: asked of the home of a chunk.
///
///     struct LOCATE1args {
///         file1    file;
///         uint32_t chunk;           /* which chunk of the file: block index / 4 */
///         uint32_t wanted;          /* bit i: block i of the chunk */
///         bool     demand;          /* a reader waits for one of them */
///         member1  excluded<16>;    /* did not have them, or did not send them */
///     };
public struct LOCATE1args: XDRCodable, Hashable, Sendable {
  public var file: BlockFile1
  public var chunk: UInt32
  public var wanted: UInt32
  public var isDemand: Bool
  public var excluded: [UInt64]

  public init(
    file: BlockFile1, chunk: UInt32, wanted: UInt32, isDemand: Bool, excluded: [UInt64]
  ) {
    self.file = file
    self.chunk = chunk
    self.wanted = wanted
    self.isDemand = isDemand
    self.excluded = excluded
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    file = try BlockFile1(from: &decoder)
    chunk = try decoder.uint32()
    wanted = try decoder.uint32()
    isDemand = try decoder.bool()
    excluded = try decoder.array(limit: BlockProtocol.excludedLimit) { d throws(XDRError) in
      try d.uint64()
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    file.encode(to: &encoder)
    encoder.uint32(chunk)
    encoder.uint32(wanted)
    encoder.bool(isDemand)
    encoder.array(excluded) { $1.uint64($0) }
  }
}

///     enum locate1_status { LOCATE1_PARENT = 0, LOCATE1_NOBODY = 1 };
///     struct parent1 { member1 member; uint32_t expected_ms; };
///     union LOCATE1res switch (locate1_status status) {
///         case LOCATE1_PARENT: parent1 parent;   /* has them, or is to have the first so soon */
///         case LOCATE1_NOBODY: void;             /* ask further up */
///     };
public enum LOCATE1res: XDRCodable, Hashable, Sendable {
  case parent(member: UInt64, expectedMilliseconds: UInt32)
  case nobody

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try decoder.uint32() {
    case 0:
      self = .parent(member: try decoder.uint64(), expectedMilliseconds: try decoder.uint32())
    case 1: self = .nobody
    case let value: throw .badEnumeration(type: "locate1_status", value: value)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .parent(let member, let milliseconds):
      encoder.uint32(0)
      encoder.uint64(member)
      encoder.uint32(milliseconds)
    case .nobody: encoder.uint32(1)
    }
  }
}
