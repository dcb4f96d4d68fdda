import NIOCore
import Testing

@testable import Transport

@Suite struct StallClockTests {
  private func look(
    _ clock: inout StallClock, _ seconds: Int64, sent: Int? = nil,
    request: StallClock.Request? = nil, pressed: Set<StallClock.Stall> = []
  ) -> StallClock.Stall? {
    clock.look(
      at: .uptimeNanoseconds(0) + .seconds(1000 + seconds), sentBytes: sent, request: request,
      pressed: pressed)
  }

  @Test("answers that nobody takes stand still after 30 seconds, not before")
  func output() {
    var clock = StallClock()
    #expect(look(&clock, 0, sent: 7) == nil)
    #expect(look(&clock, 29, sent: 7) == nil)
    #expect(look(&clock, 30, sent: 7) == .output)
  }

  @Test("a single byte that was taken is movement")
  func slowOutput() {
    var clock = StallClock()
    for step in 0..<20 {
      #expect(look(&clock, Int64(step) * 29, sent: step) == nil)
    }
  }

  @Test("when nothing waits, the time begins anew")
  func outputGone() {
    var clock = StallClock()
    #expect(look(&clock, 0, sent: 7) == nil)
    #expect(look(&clock, 29) == nil)
    #expect(look(&clock, 31, sent: 7) == nil)
    #expect(look(&clock, 60, sent: 7) == nil)
    #expect(look(&clock, 61, sent: 7) == .output)
  }

  @Test("where little room is left for others, nothing may stand still for five seconds")
  func pressed() {
    let request = StallClock.Request(number: 1, byteCount: 1)
    for stall: StallClock.Stall in [.output, .request] {
      var clock = StallClock()
      let other: StallClock.Stall = stall == .output ? .request : .output
      #expect(look(&clock, 0, sent: 7, request: request) == nil)
      #expect(look(&clock, 4, sent: 7, request: request, pressed: [stall, other]) == nil)
      #expect(look(&clock, 5, sent: 7, request: request, pressed: [stall]) == stall)
    }
  }

  @Test("a request that drips in stands still; one that flows does not, nor do one after the other")
  func requests() {
    var clock = StallClock()
    for second: Int64 in 0..<30 {
      #expect(look(&clock, second, request: .init(number: 1, byteCount: Int(second))) == nil)
    }
    #expect(look(&clock, 30, request: .init(number: 1, byteCount: 30)) == .request)
    clock = StallClock()
    for step in 0..<8 {
      let request = StallClock.Request(number: 1, byteCount: step * StallClock.requestBytes)
      #expect(look(&clock, Int64(step) * 29, request: request) == nil)
    }
    clock = StallClock()
    for step in 0..<20 {
      let request = StallClock.Request(number: step, byteCount: 100)
      #expect(look(&clock, Int64(step) * 29, request: request) == nil)
    }
  }
}
