import Testing

@testable import Contents

@Suite struct BlockBitmapTests {
  /// Indices that meet at the edges of words, of forms and of what can be named.
  private static func index(_ generator: inout SeededGenerator, _ style: Int) -> UInt32 {
    switch style {
    case 0: .random(in: 0..<80, using: &generator)
    case 1: .random(in: 0..<2000, using: &generator)
    case 2: .random(in: (.max - 100)...(.max), using: &generator)
    default:
      Bool.random(using: &generator)
        ? .random(in: 0..<300, using: &generator)
        : .random(in: 70_000..<70_300, using: &generator)
    }
  }

  @Test("over a random workload it is what a plain set is", arguments: 0..<4)
  func model(style: Int) throws {
    var generator = SeededGenerator(seed: UInt64(style) + 1)
    var bitmap = BlockBitmap()
    var model: Set<UInt32> = []
    for step in 0..<3000 {
      let index = Self.index(&generator, style)
      // First mostly more, then mostly less.
      if UInt64.random(in: 0..<10, using: &generator) < (step < 1500 ? 7 : 3) {
        let isNew = bitmap.insert(index)
        let expected = model.insert(index).inserted
        #expect(isNew == expected)
      } else {
        let wasThere = bitmap.remove(index)
        let expected = model.remove(index) != nil
        #expect(wasThere == expected)
      }
      guard step % 50 == 0 else { continue }
      #expect(bitmap.count == model.count && bitmap.isEmpty == model.isEmpty)
      #expect(bitmap.indices == model.sorted() && model.allSatisfy { bitmap.contains($0) })
      #expect(bitmap.bounds?.first == model.min() && bitmap.bounds?.last == model.max())
      let anew = BlockBitmap(model.shuffled(using: &generator))
      #expect(bitmap == anew && bitmap.digest == anew.digest)
      #expect(try BlockBitmap(decoding: bitmap.encoded) == anew)
    }
  }

  @Test("union, difference and intersection are those of plain sets", arguments: 0..<16)
  func operations(styles: Int) {
    var generator = SeededGenerator(seed: UInt64(styles))
    for size in [0, 1, 3, 40, 900] {
      let one = Set((0..<size).map { _ in Self.index(&generator, styles / 4) })
      let other = Set((0..<size).map { _ in Self.index(&generator, styles % 4) })
      let (a, b) = (BlockBitmap(one), BlockBitmap(other))
      var union = a
      let isWhole = union.formUnion(b)
      #expect(isWhole)
      #expect(union.indices == one.union(other).sorted())
      var difference = a
      difference.subtract(b)
      #expect(difference.indices == one.subtracting(other).sorted())
      #expect(a.intersection(b).indices == one.intersection(other).sorted())
      let run = BlockRun(first: 30, last: 71_000)
      #expect(
        a.intersection(run).indices == one.filter { run.first <= $0 && $0 <= run.last }.sorted())
      // What came out is in the one form that is right for it.
      for result in [union, difference, a.intersection(b)] {
        #expect(result.isIdentical(to: BlockBitmap(result.indices)))
      }
    }
  }

  @Test("a file held whole takes no memory of its own and a few bytes, however long it is")
  func whole() throws {
    for last in [0, 63, 64, 400_000, UInt32.max] {
      let bitmap = BlockBitmap(BlockRun(first: 0, last: last))
      #expect(bitmap.count == Int(last) + 1 && bitmap.heapBytes == 0)
      #expect(bitmap.contains(last) && bitmap.encoded.count <= 11)
      #expect(try BlockBitmap(decoding: bitmap.encoded) == bitmap)
    }
    var growing = BlockBitmap()
    for index in UInt32(0)..<100_000 { growing.insert(index) }
    #expect(growing.heapBytes == 0 && growing == BlockBitmap(BlockRun(first: 0, last: 99_999)))
  }

  @Test("100 GB in 256 KiB blocks, every second one held, takes 50 KB")
  func half() {
    let bitmap = comb(400_000)
    #expect(bitmap.storedWords == 6250)
    #expect(bitmap.encoded.count <= 50_010)
  }

  @Test("while it is built in any order, no more is stored than a plain bitmap takes")
  func building() {
    var generator = SeededGenerator(seed: 5)
    var bitmap = BlockBitmap()
    var most = 0
    for index in (UInt32(0)..<20_000).shuffled(using: &generator) {
      bitmap.insert(index)
      most = max(most, bitmap.storedWords)
    }
    bitmap.compact()
    #expect(most <= 20_000 / 64 + 1 && bitmap.storedWords == 0)
  }

  @Test("at the limit a block more is refused, and a hole more takes what is above it along")
  func limit() {
    // One block in each of so many stretches of 200 blocks: runs are fewer than words.
    let count = UInt32(BlockBitmap.wordLimit)
    var bitmap = BlockBitmap((0..<count).map { $0 * 200 })
    #expect(bitmap.storedWords == BlockBitmap.wordLimit && bitmap.count == Int(count))
    var changes = [bitmap.insert(count * 200)]
    #expect(changes == [false])
    #expect(!bitmap.contains(count * 200) && bitmap.count == Int(count))
    changes = [bitmap.insert(1), bitmap.insert(2), bitmap.remove(1)]
    #expect(changes == [true, true, true])
    #expect(bitmap.contains(0) && !bitmap.contains(1) && !bitmap.contains(2))
    changes = [bitmap.formUnion(blocks(70...70, 90...90))]
    #expect(changes == [false])
    #expect(bitmap.storedWords == BlockBitmap.wordLimit)
    var all = BlockBitmap(.everything)
    all.subtract(bitmap)
    #expect(all.storedWords <= BlockBitmap.wordLimit && !all.contains(400))
    // Dense blocks far from scattered ones.
    var dense = comb(1 << 22)
    changes = [dense.insert(.max), dense.formUnion(blocks(UInt32.max - 5...UInt32.max))]
    #expect(changes == [false, false] && dense.count == 1 << 21)
  }

  @Test("the wire forms, written out")
  func bytes() throws {
    #expect(BlockBitmap().encoded == [0, 0])
    #expect(blocks(0...2).encoded == [0, 7])
    #expect(blocks(63...63).encoded == [1, 1, 63, 0])
    #expect(blocks(5...300).encoded == [1, 1, 5, 0xA7, 2])
    #expect(blocks(5...300, 302...302).encoded == [1, 2, 5, 0xA7, 2, 0, 0])
    let words = blocks(64...64, 66...66, 68...68, 70...70, 72...72, 74...74, 76...76)
    #expect(words.encoded == [2, 1, 1, 0x55, 0x15, 0, 0, 0, 0, 0, 0])
    #expect(try BlockBitmap(decoding: words.encoded) == words)
  }

  @Test("no truncation of a wire form is read, nor is a byte more")
  func truncations() {
    for bitmap in [BlockBitmap(), blocks(1...3), blocks(5...300, 500...500), comb(896)] {
      let bytes = bitmap.encoded
      for count in bytes.indices {
        #expect(throws: ContentsError.self) { try BlockBitmap(decoding: Array(bytes[..<count])) }
      }
      #expect(throws: ContentsError.trailingBytes(count: 1)) {
        try BlockBitmap(decoding: bytes + [0])
      }
    }
  }

  @Test(
    "counts, indices and numbers that cannot be are refused before anything is made of them",
    arguments: [
      ([3, 0], ContentsError.unknownKind(3)),
      ([0, 0x80, 0], .overlongNumber),
      ([0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 2], .overlongNumber),
      // 2^35 runs, and as many as are allowed without the bytes for them.
      ([1, 0x80, 0x80, 0x80, 0x80, 0x80, 1], .tooLong(claimed: 1 << 35, limit: 1 << 17)),
      ([1, 0x80, 0x80, 8, 0, 0], .truncated),
      // Block 2^32; a run beyond the last block; a second run beyond it.
      ([1, 1, 0x80, 0x80, 0x80, 0x80, 0x10, 0], .outOfRange),
      ([1, 1, 0, 0x80, 0x80, 0x80, 0x80, 0x10], .outOfRange),
      ([1, 2, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xF, 0, 0], .outOfRange),
      ([1, 1, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], .outOfRange),
      // Word 2^26; none; one that is zero at an end.
      ([2, 0x80, 0x80, 0x80, 0x20, 1, 1, 0, 0, 0, 0, 0, 0, 0], .outOfRange),
      ([2, 0, 0], .outOfRange),
      ([2, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0], .outOfOrder),
    ] as [([UInt8], ContentsError)])
  func hostile(bytes: [UInt8], error: ContentsError) {
    #expect(throws: error) { try BlockBitmap(decoding: bytes) }
  }

  @Test("every byte of a wire form replaced gives a bitmap that can be used, or none")
  func corrupted() {
    var wrong = 0
    for bitmap in [blocks(1...3), blocks(5...300, 500...500), comb(256, from: 64)] {
      let bytes = bitmap.encoded
      for place in bytes.indices {
        for value in UInt8.min...UInt8.max {
          var copy = bytes
          copy[place] = value
          guard let read = try? BlockBitmap(decoding: copy) else { continue }
          let again = try? BlockBitmap(decoding: read.encoded)
          if again != read || read.storedWords > bytes.count { wrong += 1 }
        }
      }
    }
    #expect(wrong == 0)
  }

  @Test("a prefix fits, and with what is left makes the whole")
  func prefix() {
    for whole in [blocks(1...3), blocks(5...300, 500...500, 900...2000), comb(8960, from: 64)] {
      for limit in [12, 20, 60, 300, 5000] {
        var rest = whole
        var (parts, wrong) = (0, 0)
        while !rest.isEmpty {
          guard let part = rest.prefix(fitting: limit) else {
            Issue.record("nothing fits into \(limit) bytes")
            return
          }
          if part.encoded.count > limit || part.bounds?.first != rest.bounds?.first { wrong += 1 }
          rest.subtract(part)
          parts += 1
        }
        #expect(wrong == 0 && (limit < 60 || parts <= whole.encoded.count * 3 / limit + 2))
      }
      #expect(whole.prefix(fitting: 1) == nil)
    }
    #expect(BlockBitmap().prefix(fitting: 100) == nil)
  }
}
