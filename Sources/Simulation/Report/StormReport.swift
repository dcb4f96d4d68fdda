import Foundation

/// How good a boot storm was: the figures by which designs are compared.
public struct StormReport: Hashable, Sendable, Codable {
  /// From the first reader's beginning to the last one's end, of those that were expected to
  /// finish and were not late; nil when one of them did not.
  public var makespanSeconds: Double?
  /// The pipelined bound: the largest quotient, over all links, of the unique stored bytes that
  /// must cross it and its rate. nil when no link has a limit.
  public var boundSeconds: Double?
  /// The same bound, were blocks sent unpacked.
  public var plainBoundSeconds: Double?
  /// The link that sets the bound.
  public var narrowestLink: String?
  /// Makespan / bound.
  public var makespanOverBound: Double?
  /// Makespan / bound of unpacked blocks.
  public var makespanOverPlainBound: Double?
  /// What the metadata server sent / unique stored bytes.
  public var mdsEgressOverUnique: Double
  /// What was received although it was there already / what was received, of all peers.
  public var duplicateFraction: Double
  /// The same quotient of the peer for which it is largest.
  public var worstDuplicateFraction: Double
  /// What crossed a link between racks / what had to, for the link where it is largest; nil where
  /// no such link had to carry anything.
  public var rackBytesOverUnique: Double?
  /// The largest upload of a peer / the mean; nil when no peer sent anything.
  public var uploadMaxOverMean: Double?
  /// The time from a reader's beginning to its end that half of those that finished and were not
  /// late did not exceed.
  public var p50FinishSeconds: Double?
  /// The time that 99 of 100 did not exceed.
  public var p99FinishSeconds: Double?
  /// p99 / p50.
  public var p99OverP50: Double?
  /// The longest time for which any reader waited for one block.
  public var longestStallSeconds: Double
  /// Of what late joiners received, the part that the metadata server sent; nil without any.
  public var lateFromMDSFraction: Double?
  /// The peers whose readers finished.
  public var finishedCount: Int
  /// The peers that were expected to.
  public var expectedCount: Int

  /// Computes the figures.
  public init(_ counters: StormCounters) {
    let expected = counters.peers.filter(\.isExpectedToFinish)
    let punctual = expected.filter { !$0.isLate }
    let ends = punctual.compactMap(\.finishSeconds)
    expectedCount = expected.count
    finishedCount = counters.peers.count { $0.finishSeconds != nil }
    if ends.count == punctual.count, let last = ends.max(),
      let first = punctual.map(\.startSeconds).min()
    {
      makespanSeconds = last - first
    }
    let narrowest = Self.narrowest(counters.links)
    boundSeconds = narrowest?.seconds
    narrowestLink = narrowest?.name
    let unique = Double(counters.uniqueStoredBytes)
    plainBoundSeconds = boundSeconds.flatMap {
      Self.quotient($0 * Double(counters.uniquePlainBytes), unique)
    }
    makespanOverBound = Self.quotient(makespanSeconds, boundSeconds)
    makespanOverPlainBound = Self.quotient(makespanSeconds, plainBoundSeconds)
    mdsEgressOverUnique = Self.quotient(Double(counters.mdsEgressBytes), unique) ?? 0
    let received = counters.peers.reduce(0) { $0 + $1.receivedBytes }
    let duplicates = counters.peers.reduce(0) { $0 + $1.duplicateBytes }
    duplicateFraction = Self.quotient(Double(duplicates), Double(received)) ?? 0
    worstDuplicateFraction =
      counters.peers.compactMap {
        Self.quotient(Double($0.duplicateBytes), Double($0.receivedBytes))
      }.max() ?? 0
    rackBytesOverUnique =
      counters.links.filter(\.isBetweenRacks).compactMap {
        Self.quotient(Double($0.carriedBytes), Double($0.mustCarryBytes))
      }.max()
    let uploads = counters.peers.map { Double($0.uploadedBytes) }
    uploadMaxOverMean = Self.quotient(
      uploads.max(), uploads.reduce(0, +) / Double(max(1, uploads.count)))
    let times = counters.peers.filter { !$0.isLate }.compactMap { peer in
      peer.finishSeconds.map { $0 - peer.startSeconds }
    }.sorted()
    p50FinishSeconds = Self.percentile(50, of: times)
    p99FinishSeconds = Self.percentile(99, of: times)
    p99OverP50 = Self.quotient(p99FinishSeconds, p50FinishSeconds)
    let late = counters.peers.filter(\.isLate)
    lateFromMDSFraction = Self.quotient(
      Double(late.reduce(0) { $0 + $1.receivedFromMDSBytes }),
      Double(late.reduce(0) { $0 + $1.receivedBytes }))
    longestStallSeconds = counters.peers.map(\.longestStallSeconds).max() ?? 0
  }

  /// The report as JSON, with its keys in order.
  /// - Throws: what Foundation throws when a number is infinite; no counters lead to one.
  public func json() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// By the nearest rank; nil of nothing.
  static func percentile(_ percent: Int, of sorted: [Double]) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let rank = (percent * sorted.count + 99) / 100
    return sorted[min(sorted.count, max(1, rank)) - 1]
  }

  private static func narrowest(
    _ links: [StormCounters.Link]
  ) -> (seconds: Double, name: String)? {
    var narrowest: (seconds: Double, name: String)?
    for link in links {
      guard let rate = link.bytesPerSecond,
        let seconds = quotient(Double(link.mustCarryBytes), rate)
      else { continue }
      if narrowest.map({ $0.seconds < seconds }) ?? true { narrowest = (seconds, link.name) }
    }
    return narrowest
  }

  private static func quotient(_ dividend: Double?, _ divisor: Double?) -> Double? {
    guard let dividend, let divisor, divisor > 0 else { return nil }
    return dividend / divisor
  }
}
