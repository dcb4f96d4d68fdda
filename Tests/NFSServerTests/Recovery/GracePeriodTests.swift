import NFSServer
import NFSv4
import Testing

@Suite struct GracePeriodTests {
  private let one = ReclaimKey(ownerid: [1], uid: 0)
  private let two = ReclaimKey(ownerid: [2], uid: 0)

  private func period(
    _ records: [ReclaimRecord], isLost: Bool = false
  ) -> GracePeriod {
    GracePeriod(records: records, isLost: isLost, now: .seconds(100), length: .seconds(90))
  }

  private func answer(
    _ grace: GracePeriod, _ request: GracePeriod.Request, by key: ReclaimKey? = nil
  ) -> Nfsstat4 {
    status { try grace.admit(request, by: key) }
  }

  @Test("a server without a past is not in grace, and nobody reclaims")
  func fresh() {
    let grace = period([])
    #expect(grace.isOver)
    #expect(grace.remaining(now: .seconds(100)) == .zero)
    #expect(answer(grace, .exclude, by: one) == .NFS4_OK)
    #expect(answer(grace, .reclaim, by: one) == .NFS4ERR_NO_GRACE)
  }

  @Test("who is on record reclaims; somebody else, another user, and who is through do not")
  func rights() {
    var grace = period([ReclaimRecord(key: one), ReclaimRecord(key: two)])
    #expect(answer(grace, .reclaim, by: one) == .NFS4_OK)
    #expect(
      answer(grace, .reclaim, by: ReclaimKey(ownerid: [3], uid: 0)) == .NFS4ERR_NO_GRACE)
    #expect(
      answer(grace, .reclaim, by: ReclaimKey(ownerid: [1], uid: 1)) == .NFS4ERR_NO_GRACE)
    #expect(
      answer(grace, .reclaim, by: ReclaimKey(ownerid: [1], uid: nil)) == .NFS4ERR_NO_GRACE)
    #expect(answer(grace, .reclaim) == .NFS4ERR_NO_GRACE)
    grace.complete(one)
    #expect(answer(grace, .reclaim, by: one) == .NFS4ERR_NO_GRACE)
    #expect(answer(grace, .reclaim, by: two) == .NFS4_OK)
  }

  @Test("who had something revoked may not reclaim, and is not waited for")
  func revoked() {
    let grace = period([ReclaimRecord(key: one, isRevoked: true)])
    #expect(grace.isOver)
    #expect(answer(grace, .reclaim, by: one) == .NFS4ERR_NO_GRACE)
  }

  @Test("what excludes readers waits for everybody; reading waits for those who may exclude it")
  func waiting() {
    var grace = period([ReclaimRecord(key: one, excludesReaders: true), ReclaimRecord(key: two)])
    #expect(answer(grace, .exclude, by: two) == .NFS4ERR_GRACE)
    #expect(answer(grace, .share, by: two) == .NFS4ERR_GRACE)
    #expect(answer(grace, .share) == .NFS4ERR_GRACE)
    grace.complete(one)
    #expect(answer(grace, .share) == .NFS4_OK)
    #expect(answer(grace, .exclude) == .NFS4ERR_GRACE)
    grace.complete(two)
    #expect(answer(grace, .exclude) == .NFS4_OK)
  }

  @Test("it is over when all are through or gone, before its time")
  func early() {
    var grace = period([ReclaimRecord(key: one), ReclaimRecord(key: two)])
    grace.complete(one)
    grace.complete(one)
    #expect(grace.completedCount == 1)
    #expect(!grace.isOver)
    grace.withdraw(two)
    #expect(grace.isOver)
    #expect(grace.advance(now: .seconds(1000)).isEmpty)
  }

  @Test("it is over after a lease, and says who did not come")
  func late() {
    var grace = period([ReclaimRecord(key: one, excludesReaders: true), ReclaimRecord(key: two)])
    grace.complete(two)
    #expect(grace.remaining(now: .seconds(130)) == .seconds(60))
    #expect(grace.advance(now: .seconds(189)).isEmpty)
    #expect(!grace.isOver)
    #expect(grace.advance(now: .seconds(190)) == [one])
    #expect(grace.isOver)
    #expect(answer(grace, .reclaim, by: one) == .NFS4ERR_NO_GRACE)
    #expect(answer(grace, .share) == .NFS4_OK)
  }

  @Test("who lost the records grants nothing that conflicts for a whole lease, to nobody's profit")
  func lost() {
    var grace = period([], isLost: true)
    #expect(answer(grace, .reclaim, by: one) == .NFS4ERR_NO_GRACE)
    #expect(answer(grace, .share, by: one) == .NFS4_OK)
    #expect(answer(grace, .exclude, by: one) == .NFS4ERR_GRACE)
    grace.complete(one)
    grace.withdraw(two)
    #expect(answer(grace, .exclude, by: one) == .NFS4ERR_GRACE)
    #expect(grace.advance(now: .seconds(190)).isEmpty)
    #expect(answer(grace, .exclude, by: one) == .NFS4_OK)
  }
}
