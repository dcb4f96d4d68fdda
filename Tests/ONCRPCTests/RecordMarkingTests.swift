import NIOCore
import Testing

@testable import ONCRPC

/// A fragment with its mark (RFC 5531 §11).
private func fragment(_ bytes: [UInt8], isLast: Bool = true) -> [UInt8] {
  let mark = UInt32(bytes.count) | (isLast ? 0x8000_0000 : 0)
  return withUnsafeBytes(of: mark.bigEndian) { Array($0) } + bytes
}

/// Every record that can be cut now.
private func records(
  _ assembler: inout RecordAssembler
) throws(RecordMarkingError) -> [[UInt8]] {
  var all: [[UInt8]] = []
  while let record = try assembler.next() { all.append(Array(record.readableBytesView)) }
  return all
}

@Suite struct RecordMarkingTests {
  @Test("two records of several fragments are the same, however the stream is split in two")
  func everySplit() throws {
    let stream =
      fragment([1, 2], isLast: false) + fragment([], isLast: false) + fragment([3])
      + fragment([4, 5, 6, 7])
    for split in 0...stream.count {
      var assembler = RecordAssembler(recordLimitBytes: 16)
      assembler.append(ByteBuffer(bytes: stream[..<split]))
      var all = try records(&assembler)
      assembler.append(ByteBuffer(bytes: stream[split...]))
      all += try records(&assembler)
      #expect(all == [[1, 2, 3], [4, 5, 6, 7]], "split at \(split)")
      #expect(assembler.heldBytes == 0)
    }
  }

  @Test("a stream that comes byte by byte gives its records")
  func byteByByte() throws {
    let stream = fragment([1, 2], isLast: false) + fragment([3]) + fragment([4])
    var assembler = RecordAssembler(recordLimitBytes: 16)
    var all: [[UInt8]] = []
    for byte in stream {
      assembler.append(ByteBuffer(bytes: [byte]))
      all += try records(&assembler)
    }
    #expect(all == [[1, 2, 3], [4]])
  }

  @Test("one segment may carry many records")
  func manyRecords() throws {
    var assembler = RecordAssembler(recordLimitBytes: 8)
    let stream = (0..<1000).flatMap { fragment([UInt8($0 & 0xff), 1]) }
    assembler.append(ByteBuffer(bytes: stream))
    #expect(try records(&assembler).count == 1000)
    #expect(assembler.heldBytes == 0)
  }

  @Test(
    "a claim over the limit is refused with its four bytes alone",
    arguments: [0xffff_ffff, 0x7fff_ffff, 0x8000_0011] as [UInt32])
  func oversized(mark: UInt32) {
    var assembler = RecordAssembler(recordLimitBytes: 16)
    assembler.append(ByteBuffer(integer: mark))
    let error = RecordMarkingError.recordTooLong(
      claimedBytes: Int(mark & 0x7fff_ffff), limitBytes: 16)
    #expect(throws: error) { try assembler.next() }
    #expect(assembler.heldBytes == 4)
  }

  @Test("fragments are limited together, not one by one")
  func fragmentsTogether() throws {
    var assembler = RecordAssembler(recordLimitBytes: 4)
    assembler.append(ByteBuffer(bytes: fragment([1, 2, 3], isLast: false) + fragment([4, 5])))
    #expect(throws: RecordMarkingError.recordTooLong(claimedBytes: 5, limitBytes: 4)) {
      try records(&assembler)
    }
    var exact = RecordAssembler(recordLimitBytes: 4)
    exact.append(ByteBuffer(bytes: fragment([1, 2, 3], isLast: false) + fragment([4])))
    #expect(try records(&exact) == [[1, 2, 3, 4]])
  }

  @Test("a record of empty fragments without end is refused")
  func emptyFragments() throws {
    var assembler = RecordAssembler(recordLimitBytes: 16)
    assembler.append(ByteBuffer(repeating: 0, count: 4 * 1024))
    #expect(try assembler.next() == nil)
    assembler.append(ByteBuffer(repeating: 0, count: 4))
    #expect(throws: RecordMarkingError.tooManyFragments(limit: 1024)) { try assembler.next() }
  }

  @Test("fragments are counted for each record anew")
  func fragmentsOfEachRecord() throws {
    var assembler = RecordAssembler(recordLimitBytes: 4096)
    for _ in 0..<3 {
      for _ in 0..<1000 {
        assembler.append(ByteBuffer(bytes: fragment([1], isLast: false)))
        #expect(try assembler.next() == nil)
      }
      assembler.append(ByteBuffer(bytes: fragment([2])))
      #expect(try assembler.next()?.readableBytes == 1001)
    }
  }

  @Test("an empty record is a record")
  func emptyRecord() throws {
    var assembler = RecordAssembler(recordLimitBytes: 16)
    assembler.append(ByteBuffer(bytes: fragment([])))
    #expect(try assembler.next()?.readableBytes == 0)
    #expect(try assembler.next() == nil)
  }

  @Test("a stream whose records never end with a read takes no more memory the longer it runs")
  func memoryIsBounded() throws {
    var assembler = RecordAssembler(recordLimitBytes: 4096)
    let record = fragment(Array(repeating: 1, count: 1000))
    // Each read ends in the middle of a record.
    let chunk = ByteBuffer(bytes: record[500...] + record[..<500])
    assembler.append(ByteBuffer(bytes: record[..<500]))
    var count = 0
    for _ in 0..<2000 {
      assembler.append(chunk)
      while try assembler.next() != nil { count += 1 }
      #expect(assembler.capacityBytes <= 16 * 1024)
    }
    #expect(count == 2000)
    #expect(assembler.heldBytes == 500)
  }

  @Test("the same holds while records are kept by who got them")
  func memoryIsBoundedWithKeptRecords() throws {
    var assembler = RecordAssembler(recordLimitBytes: 4096)
    let record = fragment(Array(repeating: 1, count: 1000))
    let chunk = ByteBuffer(bytes: record[500...] + record[..<500])
    assembler.append(ByteBuffer(bytes: record[..<500]))
    var kept: [ByteBuffer] = []
    for _ in 0..<200 {
      assembler.append(chunk)
      while let next = try assembler.next() { kept = [next] }
      #expect(assembler.capacityBytes <= 16 * 1024)
    }
    #expect(kept.count == 1)
  }

  @Test("the mark of a record has its last-fragment bit")
  func mark() {
    #expect(recordMark(recordBytes: 0) == 0x8000_0000)
    #expect(recordMark(recordBytes: 0x7fff_ffff) == 0xffff_ffff)
  }
}
