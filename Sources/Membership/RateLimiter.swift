/// Token buckets for any number of sources in a fixed table: sources whose numbers fall into one
/// slot share it, so nobody can make the table grow.
struct RateLimiter: Sendable {
  private struct Bucket {
    var tokens: Float
    var filledMilliseconds: Int64
  }

  private let perSecond: Float
  private let burst: Float
  private let seed: UInt64
  private var buckets: [Bucket]

  /// - Parameters:
  ///   - perSecond: the tokens a source gets in a second; `burstSeconds` of them at most are kept.
  ///   - slotCount: a power of two.
  ///   - seed: random, so that nobody can tell which sources share a slot.
  init(perSecond: Int, burstSeconds: Float = 2, slotCount: Int = 1024, seed: UInt64) {
    self.perSecond = Float(max(1, perSecond))
    burst = max(1, self.perSecond * burstSeconds)
    self.seed = seed
    buckets = Array(
      repeating: Bucket(tokens: burst, filledMilliseconds: 0),
      count: max(1, slotCount))
  }

  /// Takes tokens of a source's bucket.
  /// - Returns: false, and nothing taken, if it holds fewer.
  mutating func spend(_ count: Int = 1, of source: UInt64, now: Duration) -> Bool {
    let slot = Int(mix64(source ^ seed) % UInt64(buckets.count))
    let milliseconds = now.wholeMilliseconds
    var bucket = buckets[slot]
    if milliseconds > bucket.filledMilliseconds {
      let passed = Float(milliseconds - bucket.filledMilliseconds) / 1000
      bucket.tokens = min(burst, bucket.tokens + passed * perSecond)
      bucket.filledMilliseconds = milliseconds
    }
    let enough = bucket.tokens >= Float(count)
    if enough { bucket.tokens -= Float(count) }
    buckets[slot] = bucket
    return enough
  }
}

extension Duration {
  /// Rounded towards zero, within what 64 bits hold.
  var wholeMilliseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    guard !overflow, abs(product) < Int64.max / 2 else { return seconds > 0 ? .max / 2 : .min / 2 }
    return product + attoseconds / 1_000_000_000_000_000
  }

  /// Rounded towards zero, within what 32 bits hold.
  var wholeMicroseconds: UInt32 {
    let (seconds, attoseconds) = components
    guard seconds < 4000 else { return .max }
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    return UInt32(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
  }

  /// A random duration from zero up to this one.
  func randomPart(using random: inout some RandomNumberGenerator) -> Duration {
    self * Double.random(in: 0..<1, using: &random)
  }
}
