/// Failure detection: one probe at a time, and probes for others.
extension Swim {
  // MARK: Our own

  mutating func stepProbe(random: inout some RandomNumberGenerator) {
    if let probe, probe.stage == .pinged, probe.timeoutAt <= now {
      askOthers(probe, random: &random)
    }
    if let probe, probe.verdictAt <= now {
      if probe.stage != .answered { fail(probe, random: &random) }
      self.probe = nil
      nextProbeAt = now
    }
    if probe == nil, nextProbeAt <= now { beginProbe(random: &random) }
  }

  private mutating func beginProbe(random: inout some RandomNumberGenerator) {
    guard let row = table.nextToProbe(using: &random) else { return }
    sequence &+= 1
    statistics.probes += 1
    probe = Probe(
      sequence: sequence, target: row.id, sentAt: now,
      timeoutAt: now + health.scaled(settings.probeTimeout),
      verdictAt: now + health.scaled(settings.probeInterval))
    ping(row, sequence: sequence)
  }

  private mutating func ping(_ row: MemberTable.Row, sequence: UInt32) {
    // Lifeguard's buddy system: a suspect learns of it from whoever pings it.
    let rumor = suspicions.first { $0.member == row.id }.map {
      EncodedRumor.suspect($0.member, incarnation: $0.incarnation, from: record.id)
    }
    send(
      .ping(sequence: sequence, target: row.id, load), to: row.record.gossip,
      first: rumor.map { [$0] } ?? [])
  }

  private mutating func askOthers(
    _ probe: Probe, random: inout some RandomNumberGenerator
  ) {
    let others = table.randomLive(
      settings.indirectProbes, except: probe.target, using: &random)
    for other in others {
      send(
        .pingRequest(sequence: probe.sequence, target: probe.target), to: other.record.gossip)
    }
    self.probe?.stage = .othersAsked
    self.probe?.askedCount = others.count
    self.probe?.nacksOwed = others.count
  }

  /// Nobody had an answer. If those we asked were silent too, it may be us.
  private mutating func fail(_ probe: Probe, random: inout some RandomNumberGenerator) {
    statistics.probesFailed += 1
    health.change(by: probe.askedCount > 0 ? probe.nacksOwed : 1)
    guard let row = table.row(of: probe.target), row.state.isLive else { return }
    takeSuspect(row.id, incarnation: row.incarnation, from: record.id, random: &random)
  }

  /// An ack arrived: of our own probe, or of one made for another.
  mutating func takeAck(sequence: UInt32, subject: MemberID, isDirect: Bool) {
    if let probe, probe.sequence == sequence, probe.target == subject, probe.stage != .answered {
      self.probe?.stage = .answered
      health.change(by: -1)
      if probe.stage == .othersAsked, !isDirect { statistics.probesSavedByOthers += 1 }
      if isDirect { noteRoundTrip(of: subject, now - probe.sentAt) }
    } else if let relay = relays[sequence], relay.target == subject, isDirect {
      relays[sequence] = nil
      send(
        .ack(sequence: relay.requesterSequence, subject: subject, load), to: relay.requester)
    }
  }

  mutating func takeNack(sequence: UInt32) {
    guard let probe, probe.sequence == sequence, probe.nacksOwed > 0 else { return }
    self.probe?.nacksOwed -= 1
  }

  /// Smoothed as TCP does it (RFC 6298 §2.3).
  private mutating func noteRoundTrip(of id: MemberID, _ time: Duration) {
    guard let slot = table.slot(of: id), let row = table[slot] else { return }
    let sample = Int64(max(1, time.wholeMicroseconds))
    let old = Int64(row.roundTripMicroseconds)
    let smoothed = old == 0 ? sample : old + (sample - old) / 8
    table[slot]?.roundTripMicroseconds = UInt32(clamping: max(1, smoothed))
  }

  // MARK: For others

  /// Another member has no answer of the target and asks us to try.
  mutating func takePingRequest(
    sequence requesterSequence: UInt32, target: MemberID, from requester: GossipEndpoint
  ) {
    guard relays.count < settings.relayLimit else {
      statistics.workRefused += 1
      return
    }
    guard let row = table.row(of: target), row.state.isLive else {
      return send(.nack(sequence: requesterSequence), to: requester)
    }
    sequence &+= 1
    statistics.relays += 1
    relays[sequence] = Relay(
      target: target, requester: requester, requesterSequence: requesterSequence,
      nackAt: now + settings.probeTimeout * 4 / 5, expiresAt: now + settings.probeTimeout * 8 / 5)
    relayOrder.append(sequence)
    ping(row, sequence: sequence)
  }

  /// All relays wait equally long, before the nack and after it, so the first in line is the first
  /// to be due.
  mutating func stepRelays() {
    while let first = relayOrder.first {
      guard let relay = relays[first] else {
        relayOrder.removeFirst()
        continue
      }
      guard relay.nextStepAt <= now else { return }
      relayOrder.removeFirst()
      if relay.nackSent {
        relays[first] = nil
      } else {
        relays[first]?.nackSent = true
        relayOrder.append(first)
        send(.nack(sequence: relay.requesterSequence), to: relay.requester)
      }
    }
  }
}
