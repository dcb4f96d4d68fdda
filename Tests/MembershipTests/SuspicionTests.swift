import Testing

@testable import Membership

@Suite struct SuspicionTests {
  private func suspicion(memberCount: Int, settings: SwimSettings = .lan) -> Suspicion {
    Suspicion(
      of: MemberID(1), incarnation: 1, from: MemberID(100), memberCount: memberCount,
      settings: settings, now: .seconds(50))
  }

  @Test("without confirmations a suspect has the maximum, with all of them the minimum")
  func confirmations() {
    var suspicion = suspicion(memberCount: 10)
    #expect(suspicion.deadline == .seconds(50 + 24))
    var counted = suspicion.confirm(incarnation: 1, from: MemberID(101))
    #expect(counted)
    // 24 − 20 · log 2 / log 3
    #expect(suspicion.deadline > .seconds(61) && suspicion.deadline < .seconds(62))
    counted = suspicion.confirm(incarnation: 1, from: MemberID(102))
    #expect(counted && suspicion.deadline == .seconds(54))
    counted = suspicion.confirm(incarnation: 1, from: MemberID(103))
    #expect(!counted && suspicion.deadline == .seconds(54))
  }

  @Test("the same accuser twice is no confirmation")
  func independent() {
    var suspicion = suspicion(memberCount: 10)
    let counted = suspicion.confirm(incarnation: 1, from: MemberID(100))
    #expect(!counted && suspicion.deadline == .seconds(74))
  }

  @Test("with nobody to confirm the minimum holds")
  func pair() {
    #expect(suspicion(memberCount: 2).deadline == .seconds(54))
  }

  @Test("the minimum grows with the logarithm of the members")
  func logarithm() {
    #expect(SwimSettings.lan.suspicionMinimum(memberCount: 1) == .seconds(4))
    #expect(SwimSettings.lan.suspicionMinimum(memberCount: 100) == .seconds(8))
    #expect(SwimSettings.lan.suspicionMinimum(memberCount: 1000) == .seconds(12))
  }

  @Test("news is sent more often among more members")
  func retransmissions() {
    let counts = [0, 1, 9, 10, 64, 99, 100, 5000].map {
      SwimSettings.lan.retransmissions(memberCount: $0)
    }
    #expect(counts == [1, 4, 4, 8, 8, 8, 12, 16])
  }
}
