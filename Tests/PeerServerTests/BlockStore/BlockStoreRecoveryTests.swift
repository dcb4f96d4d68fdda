import BlockCache
import Glibc
import NIOCore
import Testing

@testable import PeerServer

@Suite struct BlockStoreRecoveryTests {
  private let scratch = ScratchDirectory()

  private func open(
    _ path: String? = nil, quotaBytes: Int = 16 << 20, segmentBytes: Int = 64 << 10,
    verifiedBytes: Int = 1 << 20
  ) throws -> BlockStore {
    var options = BlockStore.Options()
    options.segmentBytes = segmentBytes
    options.verifiedBytes = verifiedBytes
    return try BlockStore.open(
      directory: path ?? scratch.cache, quotaBytes: quotaBytes, freeSpaceFloorBytes: 0,
      logger: quiet, options: options)
  }

  /// Every block is read with its own bytes or not at all; which are.
  private func readable(_ store: BlockStore, _ keys: [BlockKey]) throws -> [BlockKey] {
    try keys.filter { key in
      guard let read = store.read(key) else { return false }
      let bytes = try read.unpacked()
      #expect(bytes == plain(key, bytes.readableBytes))
      return true
    }
  }

  @Test("a cache that was closed is warm when it is opened again, without a scan")
  func warm() throws {
    let keys = (0..<40).map { key(1, $0) }
    let first = try open()
    for key in keys { first.put(key) }
    first.close()
    let second = try open()
    #expect(Set(second.heldKeys()) == Set(keys))
    #expect(try readable(second, keys) == keys)
    second.put(key(2))
    second.close()
    let third = try open()
    #expect(try readable(third, keys + [key(2)]) == keys + [key(2)])
    third.close()
  }

  @Test("a cache that was killed keeps everything that was written, with checkpoints or without")
  func killed() throws {
    let keys = (0..<40).map { key(1, $0) }
    let store = try open()
    for key in keys.prefix(20) { store.put(key) }
    store.flush()
    for key in keys.dropFirst(20) { store.put(key) }
    while store.statistics.waitingBytes > 0 { store.writer.sync {} }
    let killed = try open(scratch.snapshot("killed"))
    #expect(try readable(killed, keys) == keys)
    #expect(killed.statistics.damaged == 0)
    killed.close()
    let bare = scratch.snapshot("bare")
    for name in ScratchDirectory.files(bare).keys where name.hasSuffix(".checkpoint") {
      ScratchDirectory.delete("\(bare)/\(name)")
    }
    for verifiedBytes in [0, 1 << 20] {
      let scanned = try open(bare, verifiedBytes: verifiedBytes)
      #expect(try readable(scanned, keys) == keys)
    }
    store.close()
  }

  /// Where in a segment so many records of 20 bytes end; zeros are behind.
  private func recordsEnd(_ count: Int) -> Int {
    SegmentHeader.encodedBytes + count * (RecordHeader.encodedBytes + 20)
  }

  @Test("a segment cut off at any byte opens with the whole records before the cut, and goes on")
  func torn() throws {
    let keys = (0..<2).map { key(1, $0) }
    let store = try open()
    for key in keys { store.put(key, 20) }
    store.flush()
    let whole = ScratchDirectory.read("\(scratch.cache)/0000000000000001.segment")
    store.close()
    let path = scratch.path + "/torn"
    for withCheckpoint in [false, true] {
      for length in Array(0...recordsEnd(2) + 8) + [whole.readableBytes] {
        ScratchDirectory.delete(path)
        mkdir(path, 0o700)
        ScratchDirectory.write(
          whole.getSlice(at: 0, length: length) ?? ByteBuffer(),
          to: path + "/0000000000000001.segment")
        if withCheckpoint {
          ScratchDirectory.write(
            ScratchDirectory.read("\(scratch.cache)/0000000000000001.checkpoint"),
            to: path + "/0000000000000001.checkpoint")
        }
        let opened = try open(path)
        let recordBytes = RecordHeader.encodedBytes + 20
        let kept = min(2, max(0, length - SegmentHeader.encodedBytes) / recordBytes)
        #expect(try readable(opened, keys) == Array(keys.prefix(kept)))
        opened.put(key(3), 20)
        opened.close()
        let again = try open(path)
        #expect(try readable(again, keys + [key(3)]) == Array(keys.prefix(kept)) + [key(3)])
        again.close()
      }
    }
  }

  @Test("a segment with any byte changed gives right bytes or none", arguments: [true, false])
  func flipped(hasCheckpoint: Bool) throws {
    let keys = (0..<2).map { key(1, $0) }
    let store = try open()
    for key in keys { store.put(key, 20) }
    store.close()
    let whole = ScratchDirectory.read("\(scratch.cache)/0000000000000001.segment")
    let checkpoint = ScratchDirectory.read("\(scratch.cache)/0000000000000001.checkpoint")
    let path = scratch.path + "/flipped"
    for verifiedBytes in [0, 1 << 20] {
      for offset in 0..<recordsEnd(2) {
        ScratchDirectory.delete(path)
        mkdir(path, 0o700)
        var bytes = whole
        let byte = bytes.getInteger(at: offset, as: UInt8.self) ?? 0
        bytes.setInteger(byte ^ 0x04, at: offset)
        ScratchDirectory.write(bytes, to: path + "/0000000000000001.segment")
        if hasCheckpoint {
          ScratchDirectory.write(checkpoint, to: path + "/0000000000000001.checkpoint")
        }
        let opened = try open(path, verifiedBytes: verifiedBytes)
        #expect(try readable(opened, keys).count < keys.count)
        #expect(try readable(opened, keys).allSatisfy { opened.contains($0) })
        opened.close()
      }
    }
  }

  @Test("a checkpoint with any byte changed is not believed: the records are found by a scan")
  func flippedCheckpoint() throws {
    let keys = (0..<2).map { key(1, $0) }
    let store = try open()
    for key in keys { store.put(key, 60) }
    store.close()
    let path = "\(scratch.cache)/0000000000000001.checkpoint"
    let whole = ScratchDirectory.read(path)
    for offset in 0..<whole.readableBytes {
      var bytes = whole
      let byte = bytes.getInteger(at: offset, as: UInt8.self) ?? 0
      bytes.setInteger(byte ^ 0x80, at: offset)
      ScratchDirectory.write(bytes, to: path)
      let opened = try open()
      #expect(try readable(opened, keys) == keys)
      opened.close()
    }
  }

  @Test("a record damaged on disk while the cache is open is forgotten, counted, and stored again")
  func damaged() throws {
    let store = try open()
    store.put(key(1))
    store.flush()
    let path = "\(scratch.cache)/0000000000000001.segment"
    var bytes = ScratchDirectory.read(path)
    let byte = bytes.getInteger(at: 5_000, as: UInt8.self) ?? 0
    bytes.setInteger(~byte, at: 5_000)
    ScratchDirectory.write(bytes, to: path)
    #expect(store.read(key(1)) == nil)
    #expect(!store.contains(key(1)) && store.statistics.damaged == 1)
    store.put(key(1))
    store.flush()
    #expect(store.read(key(1)) == block(key(1)))
    store.close()
  }

  @Test("segments under each other's names give nothing")
  func renamed() throws {
    let store = try open(segmentBytes: 4096)
    store.put(key(1))
    store.put(key(3))
    store.close()
    let one = "\(scratch.cache)/0000000000000001.segment"
    let two = "\(scratch.cache)/0000000000000002.segment"
    let (first, second) = (ScratchDirectory.read(one), ScratchDirectory.read(two))
    ScratchDirectory.write(second, to: one)
    ScratchDirectory.write(first, to: two)
    let opened = try open()
    #expect(opened.read(key(1)) == nil && opened.read(key(3)) == nil)
    #expect(opened.statistics.damaged == 2)
    opened.close()
  }

  @Test("what an interrupted checkpoint left is deleted, and other files are left alone")
  func leftovers() throws {
    try open().close()
    for name in ["0000000000000009.new", "0000000000000009.checkpoint", "notes.txt"] {
      ScratchDirectory.write(ByteBuffer(string: "x"), to: "\(scratch.cache)/\(name)")
    }
    try open().close()
    #expect(Set(ScratchDirectory.files(scratch.cache).keys) == ["lock", "notes.txt"])
  }

  @Test("a cache opened with a smaller quota takes no more than that")
  func smallerQuota() throws {
    let store = try open()
    for index in 0..<200 as Range<UInt32> { store.put(key(1, index)) }
    store.close()
    let opened = try open(quotaBytes: 1 << 20)
    #expect(opened.statistics.bytes <= 1 << 20 && opened.statistics.blocks > 0)
    let bytes = ScratchDirectory.files(scratch.cache).values.reduce(0, +)
    #expect(bytes <= 1 << 20)
    opened.close()
  }
}
