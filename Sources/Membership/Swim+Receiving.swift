/// What a datagram does.
extension Swim {
  mutating func count(_ error: GossipError) {
    if error == .otherFormat {
      statistics.otherFormat += 1
    } else {
      statistics.malformed += 1
    }
  }

  mutating func take(
    _ datagram: SwimDatagram, from source: GossipEndpoint,
    random: inout some RandomNumberGenerator
  ) {
    if datagram.sender == record.id {
      guard datagram.bootTag != bootTag else {
        statistics.ownDatagrams += 1
        return
      }
      namesake.sent(bootTag: datagram.bootTag)
    }
    owesIntroduction = false
    let hadNews = takeRumors(of: datagram, random: &random)
    let words = wordsToSender(of: datagram)
    let isAnswered = takeHead(
      of: datagram, from: source, words: words, hadNews: hadNews, random: &random)
    let owed = isAnswered ? [] : words
    let introduction =
      owesIntroduction ? [EncodedRumor.alive(record, incarnation: incarnation)] : []
    guard !owed.isEmpty || !introduction.isEmpty else { return }
    guard mayWork(1, for: source) else { return }
    send(.gossip, to: source, first: owed + introduction)
  }

  /// - Returns: whether one of the claims about others changed what we believe.
  private mutating func takeRumors(
    of datagram: SwimDatagram, random: inout some RandomNumberGenerator
  ) -> Bool {
    let channel: Channel =
      switch datagram.head {
      case .members, .syncEntries: .list
      default: .gossip
      }
    var hadNews = false
    for rumor in datagram.rumors {
      switch rumor {
      case .alive(let incarnation, let encoded):
        do throws(GossipError) {
          if try takeAlive(encoded, incarnation: incarnation, by: channel, random: &random) {
            hadNews = true
          }
        } catch {
          count(error)
        }
      case .suspect(let id, let incarnation, let accuser):
        takeSuspect(id, incarnation: incarnation, from: accuser, random: &random)
      case .dead(let id, let incarnation, let accuser):
        takeDead(id, incarnation: incarnation, from: accuser, by: channel, random: &random)
      case .left(let id, let incarnation):
        takeLeft(id, incarnation: incarnation, by: channel, random: &random)
      case .load(let id, let bootTag, let load):
        takeLoad(load, of: id, bootTag: bootTag, isNews: true, random: &random)
      case .payload(let origin, let bootTag, let sequence, let payload):
        takePayload(
          payload, origin: origin, bootTag: bootTag, sequence: sequence, random: &random)
      case .whois(let id):
        if id == record.id { owesIntroduction = true }
      }
    }
    return hadNews
  }

  /// What the sender has to hear of us first: that we do not know it, or what we believe of it that
  /// is not so.
  private func wordsToSender(of datagram: SwimDatagram) -> [[UInt8]] {
    let (sender, incarnation) = (datagram.sender, datagram.incarnation)
    /// Whoever introduced himself and is still unknown was refused, and need not do it again.
    let introduced = datagram.rumors.contains {
      if case .alive(_, let encoded) = $0 { encoded.id == sender } else { false }
    }
    let question = introduced ? [] : [EncodedRumor.whois(sender)]
    if sender == record.id { return question }
    guard let row = table.row(of: sender) else {
      if let last = table.graveIncarnation(of: sender), incarnation <= last {
        return [EncodedRumor.dead(sender, incarnation: last, from: record.id)]
      }
      return question
    }
    guard incarnation <= row.incarnation else { return question }
    guard row.state.isLive else { return row.state == .left ? [] : [entry(row)] }
    if UInt32(truncatingIfNeeded: row.record.boot) != datagram.bootTag { return [entry(row)] }
    if let suspicion = suspicions.first(where: { $0.member == sender }) {
      return [
        EncodedRumor.suspect(sender, incarnation: suspicion.incarnation, from: record.id)
      ]
    }
    return []
  }

  /// - Returns: whether an answer was sent that carries the words.
  private mutating func takeHead(
    of datagram: SwimDatagram, from source: GossipEndpoint, words: [[UInt8]], hadNews: Bool,
    random: inout some RandomNumberGenerator
  ) -> Bool {
    let sender = datagram.sender
    switch datagram.head {
    case .ping(let sequence, let target, let load):
      takeLoad(load, of: sender, bootTag: datagram.bootTag, isNews: false, random: &random)
      guard target == record.id, sender != record.id, mayWork(1, for: source) else { return false }
      acknowledge(sequence, to: source, words: words)
      return true
    case .ack(let sequence, let subject, let load):
      takeLoad(load, of: sender, bootTag: datagram.bootTag, isNews: false, random: &random)
      takeAck(sequence: sequence, subject: subject, isDirect: subject == sender)
    case .nack(let sequence): takeNack(sequence: sequence)
    case .pingRequest(let sequence, let target):
      guard mayWork(2, for: source) else { return false }
      takePingRequest(sequence: sequence, target: target, from: source)
    case .gossip, .syncSame: break
    case .join:
      guard lifecycle == .member, mayWork(4, for: source) else { return false }
      answerJoin(to: source, first: words, random: &random)
      return true
    case .members: tookMembers(hadNews: hadNews, random: &random)
    case .syncOffer(let root):
      guard mayWork(1, for: source) else { return false }
      answerOffer(root: root, to: source)
    case .syncBuckets(let bits, let hashes):
      answerBuckets(hashes, bits: bits, from: sender, at: source, random: &random)
    case .syncEntries(let first, let last):
      guard mayWork(4, for: source) else { return false }
      answerEntries(in: first...last, told: datagram.rumors, to: source)
      if hadNews { syncSoon(random: &random) }
    }
    return false
  }

  /// The ack says what the sender has wrong about us, too: a suspect answers with a refutation, one
  /// that is leaving with its good-bye.
  private mutating func acknowledge(
    _ sequence: UInt32, to source: GossipEndpoint, words: [[UInt8]]
  ) {
    var first = words
    if lifecycle == .leaving {
      first.append(EncodedRumor.left(record.id, incarnation: incarnation))
    } else if owesIntroduction {
      first.append(EncodedRumor.alive(record, incarnation: incarnation))
      owesIntroduction = false
    }
    send(.ack(sequence: sequence, subject: record.id, load), to: source, first: first)
  }

  /// Whether the source may have so much more of us.
  private mutating func mayWork(_ work: Int, for source: GossipEndpoint) -> Bool {
    if self.work.spend(work, of: source.addressHash, now: now) { return true }
    statistics.workRefused += 1
    return false
  }
}
