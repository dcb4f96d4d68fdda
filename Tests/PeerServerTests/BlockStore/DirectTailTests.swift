import BlockCache
import Glibc
import NIOCore
import Testing

@testable import PeerServer

@Suite struct DirectTailTests {
  private let scratch = ScratchDirectory()
  private let io = SystemBlockFileIO()

  private func file(_ name: String = "segment") throws -> OpenFile {
    try OpenFile(path: "\(scratch.path)/\(name)", flags: O_RDWR | O_CREAT)
  }

  private func bytes(_ count: Int, _ seed: UInt8) -> ByteBuffer {
    ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) ^ seed })
  }

  @Test("records of any length are behind each other, then zeros to the end of a page")
  func appended() throws {
    let file = try file()
    var expected = ByteBuffer()
    for (seed, length) in [1, 4095, 4096, 4097, 100, 8192, 3, 70_000, 1 << 20].enumerated() {
      let header = bytes(153, UInt8(seed))
      let payload = bytes(length, UInt8(seed) | 0x80)
      // The operating system may take some of them.
      try io.append(
        header, payload, to: file, at: expected.readableBytes, isHurried: seed % 3 == 2)
      expected.writeImmutableBuffer(header)
      expected.writeImmutableBuffer(payload)
    }
    let byteCount = try file.byteCount()
    #expect(byteCount >= expected.readableBytes && byteCount < expected.readableBytes + 4096)
    expected.writeRepeatingByte(0, count: byteCount - expected.readableBytes)
    #expect(try io.read(byteCount, from: file.descriptor, at: 0) == expected)
  }

  @Test("what is changed in the page that is remembered stays changed")
  func marked() throws {
    let file = try file()
    try io.append(bytes(153, 1), bytes(100, 2), to: file, at: 0, isHurried: false)
    try io.write(ByteBuffer(bytes: [0xff]), ByteBuffer(), to: file.descriptor, at: 152)
    file.tail.forget(from: 152)
    try io.append(bytes(153, 3), bytes(100, 4), to: file, at: 253, isHurried: false)
    #expect(try io.read(1, from: file.descriptor, at: 152) == ByteBuffer(bytes: [0xff]))
    #expect(try io.read(153, from: file.descriptor, at: 253) == bytes(153, 3))
  }

  @Test("a record that was cut off is written again in its place")
  func cutOff() throws {
    let file = try file()
    try io.append(bytes(153, 1), bytes(5000, 2), to: file, at: 0, isHurried: false)
    try io.append(bytes(153, 3), bytes(5000, 4), to: file, at: 5153, isHurried: false)
    try io.truncate(file.descriptor, to: 5153)
    try io.append(bytes(153, 5), bytes(10, 6), to: file, at: 5153, isHurried: false)
    #expect(
      try io.read(5153, from: file.descriptor, at: 0).getSlice(at: 153, length: 5000)
        == bytes(5000, 2))
    #expect(
      try io.read(163, from: file.descriptor, at: 5153).getSlice(at: 153, length: 10)
        == bytes(10, 6))
  }

  @Test("a file system without room says so")
  func full() throws {
    guard let small = SmallFileSystem() else { return }
    let file = try OpenFile(path: "\(small.path)/segment", flags: O_RDWR | O_CREAT)
    var offset = 0
    #expect(throws: BlockFileError.self) {
      for seed: UInt8 in 0..<8 {
        try io.append(
          bytes(153, seed), bytes(1 << 20, seed), to: file, at: offset, isHurried: false)
        offset += 153 + 1 << 20
      }
    }
  }
}
