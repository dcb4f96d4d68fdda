import Testing

@testable import Simulation

@Suite struct SeededGeneratorTests {
  @Test("the first numbers are those of the reference's xoshiro256**")
  func reference() {
    var random = SeededGenerator(state: (1, 2, 3, 4))
    #expect(
      (0..<6).map { _ in random.next() } == [
        11520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
        607_988_272_756_665_600,
      ])
  }

  @Test("one seed gives one sequence, another seed another one")
  func seeds() {
    var one = SeededGenerator(seed: 0)
    var same = SeededGenerator(seed: 0)
    var other = SeededGenerator(seed: 1)
    let numbers = (0..<100).map { _ in one.next() }
    #expect(numbers == (0..<100).map { _ in same.next() })
    #expect(numbers != (0..<100).map { _ in other.next() })
    #expect(Set(numbers).count == 100)
  }

  @Test("what one stream draws does not change another")
  func split() {
    var root = SeededGenerator(seed: 5)
    var first = root.split()
    var second = root.split()
    var again = SeededGenerator(seed: 5)
    _ = again.split()
    var secondAgain = again.split()
    for _ in 0..<10 { _ = first.next() }
    #expect((0..<10).map { _ in second.next() } == (0..<10).map { _ in secondAgain.next() })
    #expect(first != second)
  }

  @Test("unit numbers are spread over 0 ..< 1")
  func unit() {
    var random = SeededGenerator(seed: 3)
    let numbers = (0..<10_000).map { _ in random.unit() }
    #expect(numbers.allSatisfy { (0..<1).contains($0) })
    let mean = numbers.reduce(0, +) / 10_000
    #expect((0.48...0.52).contains(mean))
  }
}
