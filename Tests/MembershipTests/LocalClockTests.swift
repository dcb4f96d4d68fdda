import Testing

@testable import Membership

@Suite struct LocalClockTests {
  private func advance(
    _ clock: inout LocalClock, to now: Int, due: Int, isTick: Bool = true
  ) -> Bool {
    clock.advance(
      to: .milliseconds(now), due: .milliseconds(due), allowed: .milliseconds(200), isTick: isTick)
  }

  @Test("calls in time see the caller's time")
  func inTime() {
    var clock = LocalClock(now: .seconds(100))
    let late = [
      advance(&clock, to: 100_500, due: 101_000, isTick: false),
      advance(&clock, to: 101_100, due: 101_000),
    ]
    #expect(late == [false, false])
    #expect(clock.inner == .milliseconds(101_100))
    #expect(clock.outer(.seconds(102)) == .seconds(102))
  }

  @Test("the time a late call lost is taken out, and what was due is put off once")
  func late() {
    var clock = LocalClock(now: .seconds(100))
    let first = advance(&clock, to: 161_000, due: 101_000)
    #expect(first && clock.inner == .milliseconds(100_800))
    #expect(clock.outer(.seconds(101)) == .milliseconds(161_200))
    // Late again: time goes on nevertheless.
    let second = advance(&clock, to: 170_000, due: 161_200)
    #expect(second && clock.inner == .seconds(101))
  }

  @Test("a late datagram puts off what is due, too")
  func lateDatagram() {
    var clock = LocalClock(now: .seconds(100))
    let isLate = advance(&clock, to: 103_000, due: 101_000, isTick: false)
    #expect(isLate && clock.inner < .seconds(101))
  }

  @Test("a clock that goes back stands still")
  func back() {
    var clock = LocalClock(now: .seconds(100))
    let isLate = advance(&clock, to: 50_000, due: 101_000)
    #expect(!isLate && clock.inner == .seconds(100) && clock.outer == .seconds(100))
  }
}

@Suite struct LocalHealthTests {
  @Test("the score stays within its bounds and scales durations")
  func bounds() {
    var health = LocalHealth(maximum: 3)
    health.change(by: -5)
    #expect(health.scaled(.seconds(2)) == .seconds(2))
    health.change(by: 100)
    #expect(health.score == 3 && health.scaled(.seconds(2)) == .seconds(8))
  }
}

@Suite struct RateLimiterTests {
  @Test("a source gets its burst and then its rate; another source is not concerned")
  func rate() {
    var limiter = RateLimiter(perSecond: 10, burstSeconds: 2, seed: 1)
    func spend(_ source: UInt64, _ times: Int, at seconds: Double) -> Int {
      (0..<times).filter { _ in limiter.spend(of: source, now: .seconds(seconds)) }.count
    }
    #expect(spend(1, 100, at: 1) == 20)
    #expect(spend(1, 100, at: 1.5) == 5)
    #expect(spend(2, 100, at: 1.5) == 20)
    #expect(spend(1, 100, at: 1000) == 20)
    // A clock that goes back gives nothing.
    #expect(spend(1, 100, at: 1) == 0)
  }

  @Test("more than is left is not given in part")
  func whole() {
    var limiter = RateLimiter(perSecond: 10, burstSeconds: 1, seed: 1)
    let given = [8, 8, 2].map { limiter.spend($0, of: 5, now: .zero) }
    #expect(given == [true, false, true])
  }

  @Test("durations beyond what counts are clamped, not trapped on")
  func clamped() {
    #expect(Duration(secondsComponent: .max, attosecondsComponent: 0).wholeMilliseconds > 0)
    #expect(Duration(secondsComponent: .min, attosecondsComponent: 0).wholeMilliseconds < 0)
    #expect(Duration.seconds(1_000_000).wholeMicroseconds == .max)
    #expect(Duration.seconds(-1).wholeMicroseconds == 0)
    #expect(Duration.microseconds(1500).wholeMicroseconds == 1500)
  }
}
