import Simulation
import Testing

@Suite struct FileSetTests {
  private let set = FileSet(
    [
      FileSet.File(name: "a", bytes: 1000),
      FileSet.File(name: "empty", bytes: 0),
      FileSet.File(name: "b", bytes: 2048, compressionRatio: 2),
      FileSet.File(name: "c", bytes: 1, compressionRatio: 1.05),
    ], blockBytes: 400)

  @Test("blocks are numbered through, and a file's last one is what is left")
  func blocks() {
    #expect(set.blockCount == 3 + 6 + 1)
    #expect((0...3).map { set.blocks(of: $0) } == [0..<3, 3..<3, 3..<9, 9..<10])
    #expect((0..<10).map { set.file(of: $0) } == [0, 0, 0, 2, 2, 2, 2, 2, 2, 3])
    #expect((0..<10).map { set.indexInFile($0) } == [0, 1, 2, 0, 1, 2, 3, 4, 5, 0])
    #expect(
      (0..<10).map { set.plainBytes(of: $0) }
        == [400, 400, 200, 400, 400, 400, 400, 400, 48, 1])
    #expect(set.plainBytes == 3049)
  }

  @Test("blocks are stored compressed where that gains a tenth, else plain")
  func stored() {
    #expect(
      (0..<10).map { set.storedBytes(of: $0) }
        == [400, 400, 200, 200, 200, 200, 200, 200, 24, 1])
    #expect(set.storedBytes == 2025)
    let little = FileSet(
      [FileSet.File(name: "d", bytes: 1000, compressionRatio: 1.1)], blockBytes: 1000)
    #expect(little.storedBytes == 1000)
  }

  @Test("a plan reads whole files in the order given")
  func plan() {
    let plan = ReadPlan(files: [3, 0], of: set)
    #expect(plan.steps.map(\.block) == [9, 0, 1, 2])
    #expect(plan.steps.map(\.bytes) == [1, 400, 400, 200])
    #expect(plan.blocks == [9, 0, 1, 2])
  }
}
