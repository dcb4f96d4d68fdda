import Testing

@testable import Membership

@Suite struct SlidingWindowTests {
  private func taken(_ numbers: [UInt64], by window: inout SlidingWindow) -> [Bool] {
    numbers.map { window.insert($0) }
  }

  @Test("a number is taken once")
  func once() {
    var window = SlidingWindow()
    for number: UInt64 in [0, 1, 5, 4, 3, 300, 299, 100, .max] {
      let took = taken([number, number], by: &window)
      #expect(took == [true, false], "\(number)")
    }
  }

  @Test("a number below the window is not taken, whether it was seen or not")
  func tooOld() {
    var window = SlidingWindow()
    let last = 1000 - SlidingWindow.width
    let took = taken([1000, last, last + 1, 0], by: &window)
    #expect(took == [true, false, true, false])
  }

  @Test("every step forward keeps what was seen and what was not")
  func steps() {
    for step: UInt64 in [1, 2, 63, 64, 65, 127, 128, 129, 191, 192, 193, 254, 255, 256, 300] {
      var window = SlidingWindow()
      for number: UInt64 in stride(from: 1000, through: 1255, by: 3) { _ = window.insert(number) }
      _ = window.insert(1255 + step)
      let kept = (1000...1255).filter { 1255 + step - $0 < SlidingWindow.width }
      let wrong = kept.filter { window.contains($0) != (($0 - 1000) % 3 == 0) }
      #expect(wrong.isEmpty, "step \(step): \(wrong)")
    }
  }
}
