import Foundation
import Testing

@testable import Bench

@Suite struct FileChoiceTests {
  private func folder() throws -> Folder {
    let folder = try Folder()
    try folder.write([UInt8](repeating: 1, count: 100), to: "b/small")
    try folder.write([UInt8](repeating: 2, count: 3000), to: "a/large")
    try folder.write([UInt8](repeating: 3, count: 500), to: "c")
    try folder.write([], to: "empty")
    try folder.write([UInt8](repeating: 4, count: 50), to: "secret", mode: 0o600)
    try FileManager.default.linkItem(
      atPath: folder.path + "/c", toPath: folder.path + "/another name of c")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path + "/link", withDestinationPath: "a/large")
    return folder
  }

  @Test("files are taken in the order of their names, each once, and no others")
  func byName() throws {
    let folder = try folder()
    let choice = try FileChoice(below: folder.path, order: .name, limitBytes: 1 << 20)
    #expect(choice.paths == ["a/large", "another name of c", "b/small"])
    #expect(choice.byteCount == 3600)
    #expect(choice.lastChangeSeconds > 1_700_000_000)
  }

  @Test("the largest first, and as many as fit")
  func bySize() throws {
    let folder = try folder()
    let all = try FileChoice(below: folder.path, order: .largestFirst, limitBytes: 1 << 20)
    #expect(all.paths.first == "a/large")
    let some = try FileChoice(below: folder.path, order: .largestFirst, limitBytes: 610)
    #expect(some.paths == ["another name of c", "b/small"])
  }

  @Test("a folder without files, and no folder")
  func nothing() throws {
    let folder = try Folder()
    #expect(throws: FileChoice.Failure.self) {
      try FileChoice(below: folder.path, order: .name, limitBytes: 1 << 20)
    }
    #expect(throws: FileChoice.Failure.self) {
      try FileChoice(below: folder.path + "/none", order: .name, limitBytes: 1 << 20)
    }
  }
}

@Suite struct RandomFilesTests {
  @Test("the same seed makes the same files, another one others, and they have their sizes")
  func seeds() throws {
    let sizes = [1, 300_000, 4096]
    func contents(_ seed: UInt64) throws -> [Data] {
      let folder = try Folder()
      try RandomFiles.make(sizes, seed: seed, in: folder.path)
      return try (0..<3).map {
        try Data(contentsOf: URL(fileURLWithPath: folder.path + "/d0/f\($0)"))
      }
    }
    let first = try contents(1)
    #expect(first.map(\.count) == sizes)
    #expect(try contents(1) == first)
    #expect(try contents(2) != first)
  }

  @Test("a folder that is not there is an error")
  func missing() {
    #expect(throws: RandomFiles.Failure.self) {
      try RandomFiles.make([1], seed: 1, in: "/nonexistent")
    }
  }
}
