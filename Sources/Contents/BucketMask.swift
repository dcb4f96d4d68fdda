/// Some of the 256 buckets of a ``DigestTree``.
public struct BucketMask: Hashable, Sendable {
  private var words: [UInt64] = [0, 0, 0, 0]

  /// None of them.
  public init() {}

  /// Whether there are none.
  public var isEmpty: Bool { words == [0, 0, 0, 0] }

  /// How many there are.
  public var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  func contains(_ bucket: Int) -> Bool {
    0..<DigestTree.bucketCount ~= bucket && words[bucket >> 6] & 1 << UInt64(bucket & 63) != 0
  }

  mutating func insert(_ bucket: Int) {
    precondition(0..<DigestTree.bucketCount ~= bucket, "bucket \(bucket)")
    words[bucket >> 6] |= 1 << UInt64(bucket & 63)
  }

  func encode(into writer: inout ByteWriter) {
    for word in words { writer.uint64(word) }
  }

  init(decoding reader: inout ByteReader) throws(ContentsError) {
    for place in 0..<4 { words[place] = try reader.uint64() }
  }
}
