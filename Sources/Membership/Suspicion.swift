import Glibc

/// A running suspicion: Lifeguard's timeout, which starts long and shrinks with every independent
/// confirmation (dogpile protection: one slow accuser alone kills nobody quickly).
///
///     timeout(c) = max − (max − min) · log(c + 1) / log(k + 1)
struct Suspicion: Sendable {
  let member: MemberID
  /// The incarnation that is suspected; the member refutes with a higher one.
  private(set) var incarnation: UInt64
  /// When the suspect is dead unless it refuted.
  private(set) var deadline: Duration
  private let start: Duration
  private let minimum: Duration
  private let maximum: Duration
  /// How many confirmations bring the timeout down to the minimum (k).
  private let confirmationsWanted: Int
  /// The first accuser, then those who confirmed; at most 1 + k.
  private var accusers: [MemberID]

  /// - Parameter memberCount: of the cluster, ourselves and the suspect included.
  init(
    of member: MemberID, incarnation: UInt64, from accuser: MemberID, memberCount: Int,
    settings: SwimSettings, now: Duration
  ) {
    self.member = member
    self.incarnation = incarnation
    start = now
    minimum = settings.suspicionMinimum(memberCount: memberCount)
    confirmationsWanted = max(0, min(settings.suspicionMultiplier - 2, memberCount - 2))
    maximum = confirmationsWanted == 0 ? minimum : minimum * max(1, settings.suspicionMaximum)
    accusers = [accuser]
    deadline = start + maximum
  }

  /// Another accusation.
  /// - Returns: whether it is a confirmation that counts: independent, and still wanted.
  mutating func confirm(incarnation: UInt64, from accuser: MemberID) -> Bool {
    self.incarnation = max(self.incarnation, incarnation)
    guard accusers.count <= confirmationsWanted, !accusers.contains(accuser) else { return false }
    accusers.append(accuser)
    let share = log(Double(accusers.count)) / log(Double(confirmationsWanted + 1))
    deadline = start + max(minimum, maximum - (maximum - minimum) * share)
    return true
  }
}

extension SwimSettings {
  /// How long a suspect has at least, in a cluster of so many members.
  func suspicionMinimum(memberCount: Int) -> Duration {
    probeInterval * (Double(suspicionMultiplier) * max(1, log10(Double(max(1, memberCount)))))
  }

  /// How often each member sends an item of news, in a cluster of so many members.
  func retransmissions(memberCount: Int) -> Int {
    max(1, retransmitMultiplier * Int(log10(Double(max(0, memberCount) + 1)).rounded(.up)))
  }
}
