import Placement
import Testing

@Suite struct RateMeterTests {
  /// A meter that was asked every half second while this much was sent and received each time.
  private func meter(
    sent: Int = 0, received: Int = 0, isBusy: Bool, samples: Int
  ) -> (meter: RateMeter, last: (egress: Double, capacity: Double)) {
    var meter = RateMeter()
    var last = (egress: 0.0, capacity: 0.0)
    for sample in 0..<samples {
      last = meter.sample(
        sentBytes: sample * sent, receivedBytes: sample * received, isBusy: isBusy,
        now: .milliseconds(500 * sample))
    }
    return (meter, last)
  }

  @Test("the first sample tells nothing")
  func first() {
    var meter = RateMeter()
    let (egress, capacity) = meter.sample(
      sentBytes: 1_000_000, receivedBytes: 0, isBusy: true, now: .seconds(5))
    #expect(egress == 0 && capacity == 0)
  }

  @Test("what was sent lately is told at once")
  func egress() {
    #expect(meter(sent: 500, isBusy: false, samples: 2).last.egress == 1000)
  }

  @Test("a member that nobody asks for anything is not slow: its capacity is not known")
  func idle() {
    #expect(meter(sent: 500, received: 900, isBusy: false, samples: 100).last.capacity == 0)
  }

  @Test("a busy one's capacity is spoken of after a second, whichever way bytes went")
  func busy() {
    #expect(meter(sent: 500, isBusy: true, samples: 2).last.capacity == 0)
    let sent = meter(sent: 500, isBusy: true, samples: 3).last.capacity
    #expect(sent > 990 && sent <= 1000)
    let received = meter(received: 5000, isBusy: true, samples: 3).last.capacity
    #expect(received > 9900 && received <= 10_000)
  }

  @Test("a slow link that brings a block in one look and none in the next is as slow as it is")
  func lumps() {
    var meter = RateMeter()
    var last = (egress: 0.0, capacity: 0.0)
    for look in 0..<50 {
      // A block of 256 KiB every 210 ms, looked at every 200.
      last = meter.sample(
        sentBytes: 0, receivedBytes: (look * 200 / 210) << 18, isBusy: true,
        now: .milliseconds(200 * look))
    }
    #expect(last.capacity > 1_000_000 && last.capacity < 1_600_000)
  }

  @Test("a busy time in which nothing moved says nothing")
  func stuck() {
    #expect(meter(isBusy: true, samples: 50).last.capacity == 0)
  }

  @Test("the best time counts, and fades by half in ten minutes")
  func fades() {
    var (meter, last) = meter(sent: 500_000, isBusy: true, samples: 10)
    let best = last.capacity
    for sample in 1...1200 {
      last = meter.sample(
        sentBytes: 4_500_000, receivedBytes: 0, isBusy: false,
        now: .milliseconds(4500 + 500 * sample))
    }
    #expect(last.capacity > 0.45 * best && last.capacity < 0.55 * best)
  }

  @Test("counters that went back and a clock that stands still give nothing that is negative")
  func backwards() {
    var (meter, before) = meter(sent: 500, received: 500, isBusy: true, samples: 10)
    let back = meter.sample(sentBytes: 0, receivedBytes: 0, isBusy: true, now: .seconds(6))
    #expect(back.egress == 0 && back.capacity > 0 && back.capacity <= before.capacity)
    let still = meter.sample(sentBytes: 900, receivedBytes: 0, isBusy: true, now: .seconds(6))
    #expect(still.egress == 0 && still.capacity == back.capacity)
    let earlier = meter.sample(sentBytes: 999, receivedBytes: 0, isBusy: true, now: .seconds(1))
    #expect(earlier.egress == 0)
  }
}
