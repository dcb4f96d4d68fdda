public import BlockCache
public import Membership

/// Finding members that wait for each other in a circle, by edge chasing (Chandy, Misra and Haas,
/// "Distributed Deadlock Detection", 1983).
///
/// A home gives parents so that nobody waits for itself. A home that takes over from one that died
/// knows nothing of what that one arranged, and several homes may name parents for one chunk: then
/// a circle can come about. Whoever has waited a while for a block sends its own number after it,
/// from each member to the one that it was asked of in turn:
///
///     A asked B ── CHASE(A) ─▶ B asked C ── CHASE(A) ─▶ C asked A ── CHASE(A) ─▶ A: a circle
///
/// Only numbers lower than the own are passed on, so that of all in a circle just one, the lowest,
/// hears of itself; it takes the block from the metadata server, and the circle is a chain again.
extension Exchange {
  /// Sends this member's number after blocks that it has waited for.
  mutating func chase(now: Duration, _ directives: inout [ExchangeDirective]) {
    var late: [BlockKey] = []
    for (key, block) in pending where block.isDemand {
      guard let asked = block.asked.last, now - asked.since >= settings.chaseAfter,
        case .member = asked.source,
        block.chasedAt.map({ now - $0 >= settings.chaseAfter }) ?? true
      else { continue }
      late.append(key)
    }
    for key in late.sorted() {
      pending[key]?.chasedAt = now
      passOn(key, neighborhood.own, &directives)
    }
  }

  /// CHASE: a member's number came after a block that `initiator` waits for.
  public mutating func chased(
    _ key: BlockKey, _ initiator: MemberID, now: Duration
  ) -> [ExchangeDirective] {
    var directives: [ExchangeDirective] = []
    guard let block = pending[key] else { return [] }
    if initiator == neighborhood.own {
      // In a circle somebody waits for this member: otherwise the number is made up.
      guard parked[key] != nil else { return [] }
      breakCircle(key, now: now, &directives)
    } else if initiator.rawValue < neighborhood.own.rawValue {
      // One that runs round a circle which its sender only leads to comes by again at once.
      if let last = block.passedOn, last.initiator == initiator,
        now - last.at < settings.chaseAfter / 2
      {
        return []
      }
      pending[key]?.passedOn = (initiator, now)
      passOn(key, initiator, &directives)
    }
    return directives
  }

  private func passOn(
    _ key: BlockKey, _ initiator: MemberID, _ directives: inout [ExchangeDirective]
  ) {
    for asked in pending[key]?.asked ?? [] {
      if case .member(let member) = asked.source {
        directives.append(.chase(key, initiator, at: member))
      }
    }
  }

  private mutating func breakCircle(
    _ key: BlockKey, now: Duration, _ directives: inout [ExchangeDirective]
  ) {
    guard let block = pending[key],
      !block.asked.contains(where: { $0.source == .origin })
    else { return }
    circleCount += 1
    for asked in block.asked {
      guard case .member(let member) = asked.source else { continue }
      remove(asked.call, from: key)
      calls[asked.call] = nil
      sources[member]?.outstanding.remove(key)
      directives.append(.cancel(key, at: member))
      exclude(member, for: Chunk(of: key))
      if chunks[Chunk(of: key)]?.parent == member { chunks[Chunk(of: key)]?.parent = nil }
      forgetIdle(member)
    }
    readOrigin(key, insists: true, now: now, &directives)
  }
}
