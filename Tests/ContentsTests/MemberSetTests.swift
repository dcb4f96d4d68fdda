import Testing

@testable import Contents

@Suite struct MemberSetTests {
  @Test("over a random workload it is what a plain set is", arguments: [100, 128, 1000])
  func model(slots: Int) {
    var generator = SeededGenerator(seed: UInt64(slots))
    var set = MemberSet()
    var model: Set<Int> = []
    for step in 0..<600 {
      let slot = Int.random(in: 0..<slots, using: &generator)
      switch Int.random(in: 0..<10, using: &generator) {
      case 0..<5:
        set.insert(slot)
        model.insert(slot)
      case 5..<9:
        set.remove(slot)
        model.remove(slot)
      default:
        var other = MemberSet()
        let others = (0..<5).map { _ in Int.random(in: 0..<slots, using: &generator) }
        for slot in others { other.insert(slot) }
        if step % 2 == 0 {
          set.formUnion(other)
          model.formUnion(others)
        } else {
          set.subtract(other)
          model.subtract(others)
        }
      }
      guard step % 20 == 0 else { continue }
      var members: [Int] = []
      set.forEach { members.append($0) }
      #expect(members == model.sorted() && set.count == model.count)
      #expect(set.isEmpty == model.isEmpty && model.allSatisfy { set.contains($0) })
      // Equal sets are equal values, whatever came before.
      var anew = MemberSet()
      for slot in model { anew.insert(slot) }
      #expect(set == anew)
    }
  }

  @Test("the first 128 members take no memory of their own")
  func memory() {
    var set = MemberSet()
    for slot in 0..<128 { set.insert(slot) }
    #expect(set.heapBytes == 0 && set.count == 128)
    set.insert(128)
    #expect(set.heapBytes > 0)
    set.remove(128)
    #expect(set.heapBytes == 0)
  }
}
