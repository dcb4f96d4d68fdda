import Admin
import Testing

@Suite struct CounterTests {
  @Test("a counter only grows")
  func grows() {
    let counter = Counter()
    counter.add()
    counter.add(41)
    counter.add(0)
    counter.add(-7)
    #expect(counter.value == 42)
  }

  @Test("additions from many tasks are all counted")
  func concurrent() async {
    let counter = Counter()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { for _ in 0..<10_000 { counter.add() } }
      }
    }
    #expect(counter.value == 80_000)
  }

  @Test("a gauge goes up and down")
  func gauge() {
    let gauge = Gauge()
    gauge.add(3)
    gauge.add(-5)
    #expect(gauge.value == -2)
    gauge.set(9)
    #expect(gauge.value == 9)
  }
}
