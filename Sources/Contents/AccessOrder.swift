public import BlockCache

/// Which file is usually read after which: a node that boots reads the same small files in almost
/// the same order as the one before it, and what comes next can be fetched before it is asked for.
///
/// For each file up to four successors with counts. A successor seen again counts one more; one
/// that is new takes a free place, or else takes one off the weakest and its place once that is at
/// nothing (the "frequent" algorithm of Misra and Gries), so that what no longer follows fades. A
/// count at its limit halves all of the file's.
///
/// At the most files, a new one takes the place of one that was not observed again lately: a hand
/// goes round the rows, clears their mark, and stops at one that had none. About 200 bytes a file.
public struct AccessOrder: Sendable {
  /// The most successors of one file.
  public static let successorsPerFile = 4
  /// Where counts are halved.
  public static let countLimit: UInt16 = 255
  /// The most files ``likelyNext(after:limit:)`` names.
  public static let predictionLimit = 256

  private struct Successor: Sendable {
    var row: UInt32 = 0
    /// Which use of the row is meant.
    var use: UInt16 = 0
    /// 0 while the place is free.
    var count: UInt16 = 0
  }

  private struct Row: Sendable {
    var file: FileID
    /// How often the row went to another file: who means an earlier one means nothing.
    var use: UInt16 = 0
    var isMarked = false
    var successors = (Successor(), Successor(), Successor(), Successor())
  }

  /// The most files that are remembered.
  public let limit: Int
  private var rows: ContiguousArray<Row> = []
  private var places: [FileID: UInt32] = [:]
  private var hand = 0

  /// Remembers at most `limit` files (two at least).
  public init(limit: Int = 50_000) { self.limit = min(max(2, limit), Int(UInt32.max) - 1) }

  /// How many files are remembered.
  public var count: Int { places.count }

  /// About how many bytes of memory this takes.
  public var approximateBytes: Int {
    rows.count * (MemoryLayout<Row>.stride * 2 + MemoryLayout<(FileID, UInt32)>.stride * 8 / 3)
  }

  /// `file` was opened, or read from its beginning, after `previous` by the same reader; nil if it
  /// was the reader's first.
  public mutating func observe(_ file: FileID, after previous: FileID?) {
    guard let previous, previous != file else {
      _ = row(of: file, marking: true, sparing: nil)
      return
    }
    // It was marked when it was observed itself, if it was known then.
    let before = row(of: previous, marking: false, sparing: nil)
    let next = row(of: file, marking: true, sparing: before)
    var successors = successors(of: before)
    let use = rows[next].use
    if let known = successors.firstIndex(where: { Int($0.row) == next && $0.use == use }) {
      successors[known].count += 1
      if successors[known].count >= Self.countLimit {
        for place in successors.indices { successors[place].count /= 2 }
      }
    } else {
      // The weakest; a free place, or one whose file is forgotten, is as weak as can be.
      let counts = successors.map { isCurrent($0) ? $0.count : 0 }
      let weakest = counts.indices.min { counts[$0] < counts[$1] } ?? 0
      if counts[weakest] > 1 {
        successors[weakest].count -= 1
      } else {
        successors[weakest] = Successor(row: UInt32(next), use: use, count: 1)
      }
    }
    rows[before].successors = (successors[0], successors[1], successors[2], successors[3])
  }

  /// The files most likely to be read soon after `file`, the likeliest first: along the chains of
  /// successors, each as likely as its predecessor times its share of what followed that.
  /// - Parameters:
  ///   - limit: the most files; never more than ``predictionLimit``.
  ///   - leastShare: what is less likely is left out.
  public func likelyNext(
    after file: FileID, limit: Int, leastShare: Double = 0.125
  ) -> [FileID] {
    guard let start = places[file] else { return [] }
    let limit = min(limit, Self.predictionLimit)
    var seen: Set<UInt32> = [start]
    var reached: [(row: UInt32, share: Double)] = []
    var found: [FileID] = []
    var current: (row: UInt32, share: Double)? = (start, 1)
    while let at = current, found.count < limit {
      if at.row != start { found.append(rows[Int(at.row)].file) }
      let next = successors(of: Int(at.row)).filter { $0.count > 0 && isCurrent($0) }
      let total = next.reduce(0) { $0 + Double($1.count) }
      for successor in next where !seen.contains(successor.row) {
        let share = at.share * Double(successor.count) / total
        if share >= leastShare { reached.append((successor.row, share)) }
      }
      // The first of the likeliest: found earliest, and of those in the earliest place.
      current = nil
      reached.removeAll { seen.contains($0.row) }
      if let best = reached.indices.max(by: { reached[$0].share < reached[$1].share }) {
        let likeliest = reached[best].share
        let first = reached.firstIndex { $0.share == likeliest } ?? best
        current = reached.remove(at: first)
        if let row = current?.row { seen.insert(row) }
      }
    }
    return found
  }

  /// Forgets a file: it was removed, or nobody may read it any more.
  public mutating func forget(_ file: FileID) {
    guard let place = places.removeValue(forKey: file) else { return }
    // The row is left without a name until the hand comes by.
    rows[Int(place)].use &+= 1
    rows[Int(place)].isMarked = false
    rows[Int(place)].successors = (Successor(), Successor(), Successor(), Successor())
  }

  private func successors(of row: Int) -> [Successor] {
    let four = rows[row].successors
    return [four.0, four.1, four.2, four.3]
  }

  private func isCurrent(_ successor: Successor) -> Bool {
    rows[Int(successor.row)].use == successor.use
  }

  /// The row of a file, which gets one if it has none, though not that of `spared`.
  private mutating func row(of file: FileID, marking: Bool, sparing spared: Int?) -> Int {
    if let place = places[file] {
      if marking { rows[Int(place)].isMarked = true }
      return Int(place)
    }
    if rows.count < limit {
      places[file] = UInt32(rows.count)
      rows.append(Row(file: file))
      return rows.count - 1
    }
    while rows[hand].isMarked || hand == spared {
      rows[hand].isMarked = false
      hand = (hand + 1) % rows.count
    }
    let place = hand
    hand = (hand + 1) % rows.count
    if places[rows[place].file] == UInt32(place) { places[rows[place].file] = nil }
    rows[place] = Row(file: file, use: rows[place].use &+ 1)
    places[file] = UInt32(place)
    return place
  }
}
