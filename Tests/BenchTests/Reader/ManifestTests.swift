import BlockCache
import Foundation
import NIOCore
import Testing

@testable import Bench

@Suite struct ManifestTests {
  @Test("every piece has the digest of its bytes, the last one too")
  func digests() throws {
    let folder = try Folder()
    let bytes = (0..<2_500_000).map { UInt8(truncatingIfNeeded: $0 &* 7 >> 2) }
    try folder.write(bytes, to: "a/b")
    let manifest = try Manifest(
      root: folder.path, paths: ["a/b"], readBytes: 128 << 10, blockBytes: 256 << 10)
    let file = try #require(manifest.files.first)
    #expect(file.size == bytes.count)
    #expect(manifest.plainBytes == bytes.count)
    let step = 128 << 10
    for piece in 0..<20 {
      let part = bytes[min(piece * step, bytes.count)..<min((piece + 1) * step, bytes.count)]
      let expected = part.isEmpty ? nil : BlockDigest(of: ByteBuffer(bytes: part))
      #expect(file.digest(piece) == expected)
    }
    #expect(file.digest(-1) == nil)
  }

  @Test("stored bytes are those of packed blocks: random ones do not shrink, others do")
  func storedBytes() throws {
    let folder = try Folder()
    var generator = SplitMix64(seed: 7)
    try folder.write(
      (0..<600_000).map { _ in UInt8.random(in: 0...255, using: &generator) }, to: "random")
    try folder.write([UInt8](repeating: 7, count: 600_000), to: "zeros")
    let random = try Manifest(
      root: folder.path, paths: ["random"], readBytes: 1 << 20, blockBytes: 256 << 10)
    let zeros = try Manifest(
      root: folder.path, paths: ["zeros"], readBytes: 1 << 20, blockBytes: 256 << 10)
    #expect(random.storedBytes == 600_000)
    #expect(zeros.storedBytes < 10_000)
  }

  @Test("a manifest survives JSON")
  func json() throws {
    let folder = try Folder()
    try folder.write([1, 2, 3], to: "a")
    let manifest = try Manifest(
      root: folder.path, paths: ["a"], readBytes: 4096, blockBytes: 65_536)
    let data = try JSONEncoder().encode(manifest)
    #expect(try JSONDecoder().decode(Manifest.self, from: data) == manifest)
  }

  @Test("a file that cannot be read is named")
  func missing() throws {
    let folder = try Folder()
    #expect {
      try Manifest(
        root: folder.path, paths: ["nothing"], readBytes: 4096, blockBytes: 65_536)
    } throws: { "\($0)".hasPrefix("nothing: ") }
  }
}

@Suite struct ReaderProgressTests {
  @Test("progress is read as it was written, and takes the same room always")
  func roundTrip() {
    for progress in [
      ReaderProgress(), ReaderProgress(isFinished: true, byteCount: 1 << 40, fileCount: 99_999),
    ] {
      #expect(ReaderProgress(progress.text) == progress)
      #expect(progress.text.utf8.count == ReaderProgress.textBytes)
    }
  }

  @Test("other text is no progress", arguments: ["", "reading", "reading 1 x", "done 1 2"])
  func malformed(text: String) {
    #expect(ReaderProgress(text) == nil)
  }
}
