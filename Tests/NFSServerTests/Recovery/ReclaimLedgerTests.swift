import NFSServer
import NFSv4
import Testing

@Suite struct ReclaimLedgerTests {
  private let one = ReclaimKey(ownerid: [1], uid: 0)
  private let two = ReclaimKey(ownerid: [2], uid: nil)

  private func ledger(
    _ records: [ReclaimRecord] = [], former: UInt32? = nil, lease: UInt32 = 90
  ) -> ReclaimLedger {
    ReclaimLedger(
      history: ReclaimHistory(records: records, leaseSeconds: former), leaseSeconds: lease,
      now: .zero)
  }

  /// Stores what waits.
  private func store(_ ledger: inout ReclaimLedger) -> Set<ReclaimChange> {
    let (changes, last) = ledger.takeQueued()
    ledger.stored(upTo: last)
    return Set(changes)
  }

  @Test("a client's first grant waits for its record, others of the same kind for nothing")
  func first() {
    var ledger = ledger()
    let change = ledger.hold(one, excludesReaders: false)
    #expect(!ledger.isStored(change))
    #expect(store(&ledger) == [.put(ReclaimRecord(key: one))])
    #expect(ledger.isStored(change))
    #expect(ledger.isStored(ledger.hold(one, excludesReaders: false)))
    let second = ledger.hold(one, excludesReaders: true)
    #expect(!ledger.isStored(second))
    #expect(store(&ledger) == [.put(ReclaimRecord(key: one, excludesReaders: true))])
    #expect(ledger.isStored(ledger.hold(one, excludesReaders: false)))
  }

  @Test("a grant waits until the end of what others held is stored")
  func order() {
    var ledger = ledger()
    _ = ledger.hold(one, excludesReaders: true)
    _ = ledger.hold(two, excludesReaders: false)
    _ = store(&ledger)
    ledger.gone(one)
    #expect(!ledger.isStored(ledger.hold(two, excludesReaders: false)))
    #expect(!ledger.isStored(ledger.barrier))
    #expect(store(&ledger) == [.remove(one)])
    #expect(ledger.isStored(ledger.hold(two, excludesReaders: false)))
  }

  @Test("what could not be stored is stored later, as it is then")
  func failure() {
    var ledger = ledger()
    let change = ledger.hold(one, excludesReaders: false)
    _ = ledger.hold(two, excludesReaders: false)
    let (changes, _) = ledger.takeQueued()
    ledger.gone(two)
    ledger.requeue(changes)
    #expect(!ledger.isStored(change))
    #expect(store(&ledger) == [.put(ReclaimRecord(key: one)), .remove(two)])
    #expect(ledger.isStored(change))
  }

  @Test("what was stored says nothing of what changed meanwhile")
  func overtaken() {
    var ledger = ledger()
    _ = ledger.hold(one, excludesReaders: false)
    let (_, last) = ledger.takeQueued()
    let later = ledger.hold(two, excludesReaders: false)
    ledger.stored(upTo: last)
    #expect(!ledger.isStored(later))
  }

  @Test("the right to reclaim is lost with a revocation, until the client knows of it")
  func revocation() {
    var ledger = ledger()
    _ = ledger.hold(one, excludesReaders: false)
    ledger.revoked(one)
    ledger.revoked(two)
    #expect(store(&ledger) == [.put(ReclaimRecord(key: one, isRevoked: true))])
    _ = ledger.hold(one, excludesReaders: false)
    #expect(ledger.record(of: one)?.isRevoked == true)
    ledger.acknowledged(one)
    #expect(store(&ledger) == [.put(ReclaimRecord(key: one))])
  }

  @Test("after a restart a client with something revoked begins anew")
  func revokedBefore() {
    var ledger = ledger([ReclaimRecord(key: one, excludesReaders: true, isRevoked: true)])
    #expect(status { try ledger.grace.admit(.reclaim, by: one) } == .NFS4ERR_NO_GRACE)
    #expect(store(&ledger) == [.remove(one)])
    _ = ledger.hold(one, excludesReaders: false)
    #expect(store(&ledger) == [.put(ReclaimRecord(key: one))])
  }

  @Test("who did not come in the grace period has no record when others are granted anything")
  func unfinished() {
    var ledger = ledger([ReclaimRecord(key: one), ReclaimRecord(key: two)])
    ledger.complete(two)
    ledger.advance(now: .seconds(90))
    #expect(!ledger.isStored(ledger.hold(two, excludesReaders: false)))
    #expect(store(&ledger) == [.remove(one)])
    #expect(ledger.record(of: two) != nil)
  }

  @Test("the grace period is the longer one of both leases")
  func lease() {
    let records = [ReclaimRecord(key: one)]
    #expect(ledger(records, former: 300).grace.end == .seconds(300))
    #expect(ledger(records, former: 10).grace.end == .seconds(90))
  }
}
