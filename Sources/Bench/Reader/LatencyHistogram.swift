/// How long things took, in buckets that are about three percent wide: 32 to each doubling, from a
/// microsecond to more than an hour.
public struct LatencyHistogram: Hashable, Sendable {
  /// Counts by bucket; trailing empty ones are left out.
  public private(set) var counts: [Int] = []
  public private(set) var count = 0
  public private(set) var longest = Duration.zero

  private static let bucketsPerDoubling = 32
  /// Of 32 bits of microseconds: longer times count as this.
  private static let bucketLimit = 28 * bucketsPerDoubling

  public init() {}

  /// Adds one.
  public mutating func record(_ duration: Duration) {
    let index = Self.bucket(duration)
    if index >= counts.count {
      counts.append(contentsOf: repeatElement(0, count: index + 1 - counts.count))
    }
    counts[index] += 1
    count += 1
    longest = max(longest, duration)
  }

  /// Adds all of another one.
  public mutating func add(_ other: LatencyHistogram) {
    if other.counts.count > counts.count {
      counts.append(contentsOf: repeatElement(0, count: other.counts.count - counts.count))
    }
    for (index, value) in other.counts.enumerated() { counts[index] += value }
    count += other.count
    longest = max(longest, other.longest)
  }

  /// The duration that a share of all does not exceed, to the width of a bucket; zero if there is
  /// none.
  /// - Parameter share: 0 to 1.
  public func percentile(_ share: Double) -> Duration {
    guard count > 0 else { return .zero }
    let rank = max(1, Int((share * Double(count)).rounded(.up)))
    var seen = 0
    for (index, value) in counts.enumerated() {
      seen += value
      if seen >= rank { return min(longest, Self.upperBound(index)) }
    }
    return longest
  }

  /// Microseconds below 32 have a bucket each; then 32 for each doubling.
  private static func bucket(_ duration: Duration) -> Int {
    let microseconds = Int(clamping: Int64(max(0, duration / .microseconds(1))))
    guard microseconds >= bucketsPerDoubling else { return microseconds }
    let doubling = (Int.bitWidth - 1 - microseconds.leadingZeroBitCount) - 5
    return min(doubling * bucketsPerDoubling + (microseconds >> doubling), bucketLimit - 1)
  }

  private static func upperBound(_ index: Int) -> Duration {
    guard index >= bucketsPerDoubling else { return .microseconds(index + 1) }
    let doubling = index / bucketsPerDoubling - 1
    let place = index % bucketsPerDoubling + bucketsPerDoubling
    return .microseconds((place + 1) << doubling)
  }
}

extension LatencyHistogram: Codable {
  private enum CodingKeys: String, CodingKey {
    case counts
    case longestMicroseconds = "longest_us"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    counts = try container.decode([Int].self, forKey: .counts)
    guard counts.count <= Self.bucketLimit, counts.allSatisfy({ $0 >= 0 }) else {
      throw DecodingError.dataCorruptedError(
        forKey: .counts, in: container, debugDescription: "no histogram")
    }
    count = counts.reduce(0, +)
    longest = .microseconds(try container.decode(Int64.self, forKey: .longestMicroseconds))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(counts, forKey: .counts)
    try container.encode(Int64(longest / .microseconds(1)), forKey: .longestMicroseconds)
  }
}
