import BlockCache

/// The deltas of one member as they arrive: out of order, twice, or not at all.
///
///     sequence above the last     → next   applied; those skipped are missed, for a while
///     sequence that was missed    → late   applied, except to blocks that a later one spoke of
///     any other                   → stale
///     another generation          → next   everything begins anew; claims stay, the root decides
///     an earlier generation       → stale
///
/// While something is missed, the deltas that came after it are kept, in their wire form, so that
/// what is late can be put in its place. At most ``logLimitBytes`` and ``logLimit`` of them: beyond
/// that the missed ones are given up, and the root digest shows whether that mattered.
struct DeltaStream: Sendable {
  enum Arrival: Equatable {
    /// To be applied. `gap`: at least one before it did not arrive (yet).
    case next(gap: Bool)
    /// To be applied as ``late(_:)`` says.
    case late
    /// Known already, or out of date.
    case stale
  }

  static let logLimit = 16
  static let logLimitBytes = 8 << 10

  /// The newest summary heard, with whatever it came.
  private(set) var announced: ContentsSummary?
  /// The highest sequence that was applied.
  private(set) var applied: UInt64 = 0
  /// Bit i: the delta `applied - 1 - i` is missed.
  private(set) var missing: UInt64 = 0
  /// Generations that are over; the last two.
  private var retired: [UInt64] = []
  /// Deltas that came after a missed one or since an anti-entropy pull began.
  private var log: [(sequence: UInt64, bytes: [UInt8])] = []
  /// Whether to keep deltas though nothing is missed.
  var isPulling = false {
    didSet { trim() }
  }

  var logBytes: Int { log.reduce(0) { $0 + $1.bytes.count } }

  /// A summary that came without a delta. Whether it is of this life, and so was taken in.
  mutating func note(_ summary: ContentsSummary) -> Bool {
    guard !retired.contains(summary.generation) else { return false }
    if announced?.generation != summary.generation { begin(summary.generation) }
    if announced.map({ $0.sequence <= summary.sequence }) ?? true { announced = summary }
    return true
  }

  /// Takes a delta's place in the order.
  mutating func arrive(_ summary: ContentsSummary) -> Arrival {
    guard note(summary) else { return .stale }
    let sequence = summary.sequence
    guard sequence <= applied else {
      let step = sequence - applied
      // The last one becomes the bit `step - 1`, which is not missed; those in between are. What
      // leaves the 64 bits is given up.
      missing = step <= 64 ? missing << step | ((1 << (step - 1)) - 1) : 0
      applied = sequence
      return .next(gap: step > 1)
    }
    let distance = applied - sequence
    guard 1...64 ~= distance, missing & 1 << (distance - 1) != 0 else { return .stale }
    missing &= ~(1 << (distance - 1))
    return .late
  }

  /// Keeps a delta that was just applied, as long as it may be needed.
  mutating func keep(_ sequence: UInt64, _ bytes: [UInt8]) {
    guard missing != 0 || isPulling else { return trim() }
    log.append((sequence, bytes))
    if log.count > Self.logLimit || logBytes > Self.logLimitBytes {
      missing = 0
      log = []
    }
    trim()
  }

  /// What a late delta still says: nothing about blocks that later ones spoke of.
  func late(_ delta: ContentsDelta) -> [ContentsDelta.Entry] {
    let later = deltas(after: delta.summary.sequence).flatMap(\.entries)
    return delta.entries.map { entry in
      var spokenOf = BlockBitmap()
      for other in later where other.version == entry.version {
        switch other.change {
        case .dropped: spokenOf = BlockBitmap(.everything)
        case .removed(let blocks), .added(let blocks): spokenOf.formUnion(blocks)
        case .digest: break
        }
      }
      guard !spokenOf.isEmpty else { return entry }
      var rest: BlockBitmap
      switch entry.change {
      case .dropped: rest = BlockBitmap(.everything)
      case .removed(let blocks), .added(let blocks): rest = blocks
      case .digest: return entry
      }
      rest.subtract(spokenOf)
      let isAddition = if case .added = entry.change { true } else { false }
      return ContentsDelta.Entry(
        version: entry.version, change: isAddition ? .added(rest) : .removed(rest))
    }
  }

  /// The kept deltas of a higher sequence, in order.
  func deltas(after sequence: UInt64) -> [ContentsDelta] {
    log.filter { $0.sequence > sequence }.sorted { $0.sequence < $1.sequence }
      .compactMap { try? ContentsDelta(decoding: $0.bytes) }
  }

  /// An owner confirmed that what is believed is what it announced as of `summary`: nothing up to
  /// there is missed.
  mutating func confirm(_ summary: ContentsSummary) {
    guard note(summary) else { return }
    if summary.sequence >= applied {
      applied = summary.sequence
      missing = 0
    } else {
      // Bit i is sequence applied - 1 - i; those above the summary's stay.
      let kept = applied - 1 - summary.sequence
      if kept < 64 { missing &= (1 << kept) - 1 }
    }
    trim()
  }

  private mutating func begin(_ generation: UInt64) {
    if let old = announced?.generation {
      retired.append(old)
      if retired.count > 2 { retired.removeFirst() }
    }
    announced = nil
    applied = 0
    missing = 0
    log = []
  }

  private mutating func trim() {
    if missing == 0, !isPulling, !log.isEmpty { log = [] }
  }
}
