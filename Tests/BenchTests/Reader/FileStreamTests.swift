import NFSv4
import Testing

@testable import Bench

@Suite(.timeLimit(.minutes(1))) struct FileStreamTests {
  private static let pieceBytes = 16_384

  private static func manifest() throws -> Manifest.File {
    let folder = try Folder()
    try folder.write(Pair.content, to: "file")
    let manifest = try Manifest(
      root: folder.path, paths: ["file"], readBytes: pieceBytes, blockBytes: 65_536)
    return try #require(manifest.files.first)
  }

  private static func read(_ pair: Pair, _ log: ReadLog, readAhead: Int = 4) async throws {
    try await FileStream(
      client: pair.client, open: try await pair.open(), file: try manifest(),
      pieceBytes: pieceBytes, readAhead: readAhead, log: log
    ).run()
  }

  @Test("a file is read once from its beginning to its end")
  func everything() async throws {
    try await Pair.with { pair in
      let log = ReadLog(fileCount: 1)
      try await Self.read(pair, log)
      #expect(log.current.byteCount == Pair.content.count)
      #expect(log.current.readsInFlight == 0)
      #expect(log.current.latency.count == 19)
      #expect(pair.client.counters.dataServerBytes == Pair.content.count)
    }
  }

  @Test("short answers are gone on from")
  func shortReads() async throws {
    try await Pair.with(dataServer: .init(readLimit: 5000)) { pair in
      let log = ReadLog(fileCount: 1)
      try await Self.read(pair, log)
      #expect(log.current.byteCount == Pair.content.count)
      #expect(log.current.latency.count == 19)
    }
  }

  @Test("no more READs are under way than the read-ahead")
  func readAhead() async throws {
    try await Pair.with(dataServer: .init(holdsReads: true)) { pair in
      let log = ReadLog(fileCount: 1)
      async let reading: Void = Self.read(pair, log, readAhead: 3)
      try await pair.until { pair.dataServer.heldCount == 3 }
      #expect(log.current.readsInFlight == 3)
      pair.dataServer.release()
      try await reading
    }
  }

  @Test("one wrong byte is found, and said to be")
  func wrongBytes() async throws {
    try await Pair.with(dataServer: .init(corrupts: true)) { pair in
      let log = ReadLog(fileCount: 1)
      await #expect {
        try await Self.read(pair, log)
      } throws: { "\($0)".hasPrefix("WRONG BYTES in file at 0 from a data server") }
      #expect(log.current.byteCount == 0)
    }
  }

  @Test("a file that is shorter than it was is an error")
  func shorter() async throws {
    try await Pair.with { pair in
      pair.dataServer.set { $0.content.removeLast(20_000) }
      await #expect {
        try await Self.read(pair, ReadLog(fileCount: 1))
      } throws: { "\($0)".contains("ended at") }
    }
  }

  @Test("what neither server can read is an error")
  func refused() async throws {
    let script = ScriptedServer.Script(
      layoutStatus: .NFS4ERR_LAYOUTUNAVAILABLE,
      readStatuses: Array(repeating: .NFS4ERR_IO, count: 100))
    try await Pair.with(script) { pair in
      await #expect {
        try await Self.read(pair, ReadLog(fileCount: 1))
      } throws: { "\($0)".contains("NFS4ERR_IO") }
    }
  }
}
