import BlockCache
import Membership

/// Who reads a file at the moment, as far as a home is asked, in an order that is the same at every
/// home: a ring.
///
/// Where all who read a file get its blocks from their predecessors in the ring, every link carries
/// one stream in the order of the blocks, whichever home a chunk begins at, and none is ever behind
/// two streams at once. A chain in the order of asking does so too, but another one for each chunk:
/// then some links have two blocks to send while others have none.
struct ReaderRing: Sendable {
  /// For so many seconds after its last question a member counts as a reader.
  static let readingFor = 15.0
  /// In a longer ring the last would wait too long.
  static let lengthLimit = 64
  private static let fileLimit = 512

  private var files: [FileVersion: [MemberID: Double]] = [:]

  /// Files that are remembered.
  var fileCount: Int { files.count }

  /// A member asked about a file.
  mutating func note(_ member: MemberID, of version: FileVersion, now: Double) {
    if files.count >= Self.fileLimit, files[version] == nil {
      files = files.compactMapValues { readers in
        let left = readers.filter { now - $0.value <= Self.readingFor }
        return left.isEmpty ? nil : left
      }
      if files.count >= Self.fileLimit { files = [:] }
    }
    if files[version, default: [:]].count > 2 * Self.lengthLimit {
      files[version] = files[version]?.filter { now - $0.value <= Self.readingFor }
    }
    if files[version, default: [:]].count <= 2 * Self.lengthLimit {
      files[version, default: [:]][member] = now
    }
  }

  /// Whether a member asked about a file lately.
  func isReading(_ member: MemberID, _ version: FileVersion, now: Double) -> Bool {
    files[version]?[member].map { now - $0 <= Self.readingFor } ?? false
  }

  /// The nearest member before another one in the ring that begins at the home, of those that read
  /// the file and of `others`.
  func predecessor(
    of member: MemberID, from home: MemberID, of version: FileVersion,
    among others: some Sequence<MemberID>, now: Double, where isEligible: (MemberID) -> Bool
  ) -> MemberID? {
    let readers = (files[version] ?? [:]).lazy.filter { now - $0.value <= Self.readingFor }
    guard readers.count <= Self.lengthLimit else { return nil }
    let place = { Self.place($0, version) &- Self.place(home, version) }
    let own = place(member)
    var best: (member: MemberID, place: UInt64)?
    func consider(_ other: MemberID) {
      let there = place(other)
      guard there < own, best.map({ there > $0.place }) ?? true, isEligible(other) else { return }
      best = (other, there)
    }
    for reader in readers { consider(reader.key) }
    for other in others { consider(other) }
    return best?.member
  }

  private static func place(_ member: MemberID, _ version: FileVersion) -> UInt64 {
    Rendezvous.mix(member.rawValue)
  }
}
