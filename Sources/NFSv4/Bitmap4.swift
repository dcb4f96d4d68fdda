public import XDR

/// A set of attribute (or other) numbers below 96.
///
///     typedef uint32_t bitmap4<>;
///
/// Nothing beyond the third word is defined; such bits are remembered only as `hasUnknownBits`.
public struct Bitmap4: XDRCodable, Hashable, Sendable {
  public var word0: UInt32
  public var word1: UInt32
  public var word2: UInt32
  /// A bit of a word after the third was set.
  public private(set) var hasUnknownBits = false

  public init(_ word0: UInt32 = 0, _ word1: UInt32 = 0, _ word2: UInt32 = 0) {
    self.word0 = word0
    self.word1 = word1
    self.word2 = word2
  }

  public var isEmpty: Bool { word0 | word1 | word2 == 0 && !hasUnknownBits }

  /// - Parameter bit: 0 to 95; others are never in the set.
  public func contains(bit: Int) -> Bool {
    switch bit {
    case 0..<32: word0 & (1 << UInt32(bit)) != 0
    case 32..<64: word1 & (1 << UInt32(bit - 32)) != 0
    case 64..<96: word2 & (1 << UInt32(bit - 64)) != 0
    default: false
    }
  }

  public mutating func insert(bit: Int) {
    switch bit {
    case 0..<32: word0 |= 1 << UInt32(bit)
    case 32..<64: word1 |= 1 << UInt32(bit - 32)
    case 64..<96: word2 |= 1 << UInt32(bit - 64)
    default: preconditionFailure("bitmap bit \(bit)")
    }
  }

  public func intersection(_ other: Bitmap4) -> Bitmap4 {
    Bitmap4(word0 & other.word0, word1 & other.word1, word2 & other.word2)
  }

  public func union(_ other: Bitmap4) -> Bitmap4 {
    var union = Bitmap4(word0 | other.word0, word1 | other.word1, word2 | other.word2)
    union.hasUnknownBits = hasUnknownBits || other.hasUnknownBits
    return union
  }

  /// Whether every bit of this set is in the other one.
  public func isSubset(of other: Bitmap4) -> Bool {
    !hasUnknownBits && intersection(other) == self
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let count = try decoder.count(limit: NFS4.bitmapWordLimit, elementBytes: 4)
    self.init()
    for index in 0..<count {
      let word = try decoder.uint32()
      switch index {
      case 0: word0 = word
      case 1: word1 = word
      case 2: word2 = word
      default: if word != 0 { hasUnknownBits = true }
      }
    }
  }

  /// Trailing empty words are left out.
  public func encode(to encoder: inout XDREncoder) {
    let count = word2 != 0 ? 3 : word1 != 0 ? 2 : word0 != 0 ? 1 : 0
    encoder.count(count)
    if count > 0 { encoder.uint32(word0) }
    if count > 1 { encoder.uint32(word1) }
    if count > 2 { encoder.uint32(word2) }
  }
}
