public import Membership

/// How long a member may be silent before it is taken to be gone.
///
/// Behind blocks on a thin link, or after a packet was lost, even a small answer takes its time. A
/// member that is no later than it was before is not gone, and asking elsewhere would send the same
/// bytes over the same link again. So the patience with a member is twice what its answers took
/// lately, as in TCP's retransmission timer (RFC 6298), between what the settings say and
/// `patienceLimit`; and one that was left and is heard of after all is used again at once.
extension Exchange {
  /// What was seen of a member that something was asked of.
  struct Signs: Sendable {
    /// When bytes last came from it.
    var heardAt = Duration.zero
    /// How many came over its connection until then.
    var byteCount: UInt64 = 0
    /// When a block, or part of one, last came from it.
    var blockAt: Duration?
    /// What its answers took at most, lately.
    var delay = Duration.zero
    /// When it was last heard of before it was left for its silence.
    var leftAfter: Duration?
  }

  static let signsLimit = 4096
  /// A sign of this many bytes is part of a block, not just the answer to a question.
  static let blockSignBytes: UInt64 = 2048

  /// The members that something was asked of, or that were left for their silence: whoever calls
  /// `heard` may do so for these alone.
  public var membersListenedTo: [MemberID] {
    var members = Set(sources.keys)
    for case .locate(_, let home, _) in calls.values { members.insert(home) }
    for (member, signs) in signs where signs.leftAfter != nil { members.insert(member) }
    return Array(members)
  }

  /// Bytes came from a member at a time, whatever they were.
  /// - Parameter byteCount: how many have come over its connection; nil: not known.
  public mutating func heard(from member: MemberID, at time: Duration, byteCount: UInt64? = nil) {
    var known = signs[member] ?? Signs()
    guard time > known.heardAt || sources[member].map({ time > $0.lastSign }) ?? false else {
      return
    }
    known.heardAt = max(known.heardAt, time)
    if let silence = known.leftAfter, time > silence {
      known.leftAfter = nil
      known.delay = max(known.delay, min(time - silence, settings.patienceLimit))
      // One that is passed over for longer sent wrong bytes: that is not made good by more of them.
      if let end = avoided[member], end - time <= settings.avoidFor + settings.patienceLimit {
        avoided[member] = nil
      }
    }
    if let byteCount {
      let isPartOfBlock =
        byteCount < known.byteCount || byteCount - known.byteCount >= Self.blockSignBytes
      if isPartOfBlock {
        known.blockAt = time
        if let source = sources[member], source.lastProgress < time {
          sources[member]?.lastProgress = time
        }
      }
      known.byteCount = byteCount
    }
    note(known, of: member)
    guard let source = sources[member], source.lastSign < time else { return }
    sources[member]?.lastSign = time
  }

  /// When bytes last came from a member.
  func lastHeard(from member: MemberID) -> Duration { signs[member]?.heardAt ?? .zero }

  /// Whether blocks come from a member: not what it says, but what it sent here lately. One in
  /// another rack may be a long time about it, and is believed that it gets on.
  func isSending(_ member: MemberID, now: Duration) -> Bool {
    if let blockAt = signs[member]?.blockAt, now - blockAt < settings.lastResortAfter {
      return true
    }
    guard isFar(member), let source = sources[member] else { return false }
    return now - source.lastProgress < settings.frozenAfter
  }

  /// A member is known to be in another rack.
  public func isFar(_ member: MemberID) -> Bool {
    neighborhood.areInOtherRacks(neighborhood.own, member)
  }

  /// A block came from a member.
  mutating func noteBlock(from member: MemberID, at time: Duration) {
    var known = signs[member] ?? Signs()
    known.blockAt = time
    note(known, of: member)
  }

  /// How long a member may be silent that has `least` at any rate.
  func patience(with member: MemberID, atLeast least: Duration) -> Duration {
    max(least, min((signs[member]?.delay ?? .zero) * 2, settings.patienceLimit))
  }

  /// A member answered after so long.
  mutating func noteAnswer(of member: MemberID, after delay: Duration) {
    var known = signs[member] ?? Signs()
    known.delay = max(delay, known.delay - known.delay / 8)
    note(known, of: member)
  }

  /// A member was left, having been silent since a moment.
  mutating func noteLeaving(_ member: MemberID, silentSince moment: Duration) {
    var known = signs[member] ?? Signs()
    known.leftAfter = moment
    note(known, of: member)
  }

  private mutating func note(_ known: Signs, of member: MemberID) {
    if signs[member] == nil, signs.count >= Self.signsLimit { signs = [:] }
    signs[member] = known
  }
}
