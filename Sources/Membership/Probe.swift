/// The probe of one member (SWIM's protocol period):
///
///     pinged ──probeTimeout──▶ others asked ──probeInterval──▶ suspect
///        └──────── ack ────────────┴──▶ answered
struct Probe: Sendable {
  let sequence: UInt32
  let target: MemberID
  let sentAt: Duration
  /// When others are asked to probe.
  let timeoutAt: Duration
  /// When the target is suspected, and the next probe begins.
  let verdictAt: Duration
  var stage = Stage.pinged
  var askedCount = 0
  /// How many of those asked did not say that they got no answer.
  var nacksOwed = 0

  enum Stage {
    case pinged, othersAsked, answered
  }

  var nextStepAt: Duration { stage == .pinged ? timeoutAt : verdictAt }
}

/// A probe made for another member.
struct Relay: Sendable {
  let target: MemberID
  let requester: GossipEndpoint
  let requesterSequence: UInt32
  /// When the requester is told that there was no ack so far.
  let nackAt: Duration
  /// When an ack would be of no use any more.
  let expiresAt: Duration
  var nackSent = false

  var nextStepAt: Duration { nackSent ? expiresAt : nackAt }
}
