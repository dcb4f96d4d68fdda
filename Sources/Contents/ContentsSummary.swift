/// What a member says of its contents in 24 bytes: enough for another to see whether it knows them.
///
/// It is in front of every delta and of every answer, and members repeat it now and then (with
/// what membership gossips of them): that is how the loss of a last delta is noticed.
public struct ContentsSummary: Hashable, Sendable {
  /// What the wire form takes.
  public static let encodedBytes = 24

  /// One life of a member's list. A member that starts anew takes another number, a random one:
  /// it is compared for equality only, so that no clock matters.
  public var generation: UInt64
  /// The number of deltas that were sent in this life.
  public var sequence: UInt64
  /// The root digest over what was announced up to then.
  public var root: UInt64

  /// A summary of these three numbers.
  public init(generation: UInt64, sequence: UInt64, root: UInt64) {
    self.generation = generation
    self.sequence = sequence
    self.root = root
  }

  /// The three numbers, 8 bytes each, the highest first.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    encode(into: &writer)
    return writer.bytes
  }

  /// Reads the wire form.
  /// - Throws: ``ContentsError`` if there are not exactly ``encodedBytes``.
  public init(decoding bytes: [UInt8]) throws(ContentsError) {
    var reader = ByteReader(bytes)
    try self.init(decoding: &reader)
    try reader.finish()
  }

  func encode(into writer: inout ByteWriter) {
    writer.uint64(generation)
    writer.uint64(sequence)
    writer.uint64(root)
  }

  init(decoding reader: inout ByteReader) throws(ContentsError) {
    generation = try reader.uint64()
    sequence = try reader.uint64()
    root = try reader.uint64()
  }
}
