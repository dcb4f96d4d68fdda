import Testing

@testable import Simulation

@Suite struct EventQueueTests {
  private func event(_ number: Int) -> SimulatedEvent {
    SimulatedEvent(kind: .timer, a: Int32(number))
  }

  @Test("events come in the order of their times, and of scheduling within one time")
  func order() {
    var queue = EventQueue()
    var random = SeededGenerator(seed: 7)
    var expected: [(Int64, Int)] = []
    for number in 0..<5000 {
      let moment = Int64(random.next(upperBound: UInt64(500)))
      queue.schedule(event(number), at: moment)
      expected.append((moment, number))
    }
    expected.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    for (moment, number) in expected {
      #expect(queue.nextNanoseconds == moment)
      #expect(queue.next(notAfter: .max)?.a == Int32(number))
      #expect(queue.nowNanoseconds == moment)
    }
    #expect(queue.next(notAfter: .max) == nil)
    #expect(queue.count == 0)
  }

  @Test("what is later than the limit waits")
  func limit() {
    var queue = EventQueue()
    queue.schedule(event(1), at: 100)
    #expect(queue.next(notAfter: 99) == nil)
    #expect(queue.nowNanoseconds == 0)
    queue.advance(to: 99)
    #expect(queue.nowNanoseconds == 99)
    #expect(queue.next(notAfter: 100)?.a == 1)
  }

  @Test("what is past happens now, behind what waits for now")
  func past() {
    var queue = EventQueue()
    queue.schedule(event(1), at: 50)
    queue.schedule(event(2), at: 50)
    _ = queue.next(notAfter: 50)
    queue.schedule(event(3), at: 10)
    #expect(queue.next(notAfter: 50)?.a == 2)
    #expect(queue.next(notAfter: 50)?.a == 3)
    #expect(queue.nowNanoseconds == 50)
  }
}
