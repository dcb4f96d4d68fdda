import NIOCore
import Testing

@testable import BlockCache

@Suite struct SegmentScanTests {
  private let segment = SegmentHeader(number: 5, queue: .probation, salt: 99)

  private func record(_ file: UInt64, _ plain: ByteBuffer) -> ByteBuffer {
    let block = StoredBlock.packing(plain)
    guard let header = RecordHeader(of: block, key: key(file)) else { return ByteBuffer() }
    var record = header.encoded(in: segment)
    record.writeImmutableBuffer(block.bytes)
    return record
  }

  private func file(_ records: [ByteBuffer]) -> ByteBuffer {
    records.reduce(into: segment.encoded()) { $0.writeImmutableBuffer($1) }
  }

  private func scan(_ file: ByteBuffer, verifying: Bool = true) -> SegmentScan {
    var scan = SegmentScan(
      of: segment, from: SegmentHeader.encodedBytes, fileBytes: file.readableBytes)
    while true {
      switch scan.step {
      case .header(let offset):
        let bytes = file.getSlice(at: offset, length: RecordHeader.encodedBytes)
        scan.take(header: bytes ?? ByteBuffer(), verifying: verifying)
      case .payload(let offset, let byteCount):
        scan.take(payload: file.getSlice(at: offset, length: byteCount) ?? ByteBuffer())
      case .finished: return scan
      }
    }
  }

  @Test("a segment cut off anywhere keeps every whole record before the cut")
  func torn() throws {
    let records = [record(1, prose(300)), record(2, noise(50)), record(3, ByteBuffer())]
    let whole = file(records)
    var ends = [SegmentHeader.encodedBytes]
    for record in records { ends.append((ends.last ?? 0) + record.readableBytes) }
    for length in SegmentHeader.encodedBytes...whole.readableBytes {
      let cut = try #require(whole.getSlice(at: 0, length: length))
      for verifying in [true, false] {
        let found = scan(cut, verifying: verifying)
        let kept = ends.lastIndex { $0 <= length } ?? 0
        #expect(found.blocks.map(\.key) == (0..<kept).map { key(UInt64($0) + 1) })
        #expect(found.endOffset == ends[kept] && found.damagedCount == 0)
      }
    }
  }

  @Test("a changed byte in a segment costs its record, or what follows a broken header")
  func flips() {
    let records = [record(1, noise(60)), record(2, noise(60)), record(3, noise(60))]
    let whole = file(records)
    let second = SegmentHeader.encodedBytes + records[0].readableBytes
    for offset in 0..<records[1].readableBytes {
      let byte = whole.byte(second + offset)
      let found = scan(whole.replacing(second + offset, with: byte ^ 0x10))
      let keys = found.blocks.map(\.key)
      #expect(keys == (offset < RecordHeader.stateOffset ? [key(1)] : [key(1), key(3)]))
    }
  }

  @Test("a removed record is passed over, and its length still counts")
  func removed() {
    let records = [record(1, noise(60)), record(2, noise(60))]
    let offset = SegmentHeader.encodedBytes + RecordHeader.stateOffset
    let found = scan(file(records).replacing(offset, with: RecordHeader.removedState))
    #expect(found.blocks.map(\.key) == [key(2)])
    #expect(found.recordCount == 2 && found.damagedCount == 0)
  }

  @Test("a record inside a block's own bytes is never found, even behind a torn header")
  func forged() {
    // Whoever wrote the file knows the format but not the salt of this segment.
    let guess = SegmentHeader(number: 5, queue: .probation, salt: 0)
    let poison = StoredBlock.packing(noise(4_000))
    guard let header = RecordHeader(of: poison, key: key(66)) else { return }
    var contents = header.encoded(in: guess)
    contents.writeImmutableBuffer(poison.bytes)
    let outer = record(1, contents)
    let start = outer.readableBytes - contents.readableBytes
    #expect(start == RecordHeader.encodedBytes)
    // As if the outer header were gone and its contents stood where a record begins.
    let exposed = file([contents])
    #expect(scan(exposed).blocks.isEmpty)
    let broken = file([outer]).replacing(SegmentHeader.encodedBytes, with: 0)
    #expect(scan(broken).blocks.isEmpty)
  }
}
