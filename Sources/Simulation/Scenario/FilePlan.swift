import Settings

/// The `files` of a scenario: given one by one, drawn from the seed, or those of recorded reads.
public struct FilePlan: Hashable, Sendable {
  /// Files drawn from the seed.
  public struct Generator: Hashable, Sendable {
    /// How sizes are spread.
    public enum Distribution: String, CaseIterable, Hashable, Sendable {
      /// All the same: `min_size`.
      case fixed
      /// Every size is as likely.
      case uniform
      /// Every order of magnitude is as likely, as with libraries.
      case logarithmic
    }

    /// The number of files.
    public var count: Int
    /// `fixed` by default.
    public var distribution: Distribution
    /// The bounds of the sizes, in bytes.
    public var minBytes: Int
    /// No less than ``minBytes``.
    public var maxBytes: Int
    /// Plain bytes for one stored.
    public var compressionRatio: Double
  }

  /// Plain bytes of a block, a power of two from 64 KiB to 1 MiB.
  public var blockBytes: Int
  /// Files as they are given, first.
  public var list: [FileSet.File]
  /// Files to draw, after them.
  public var generator: Generator?
  /// Recorded reads, and with them the files that nobody else gave.
  var reads: [RecordedRead]

  static let keys = ["block_bytes", "list", "generate", "trace", "trace_compresses"]
  /// The largest number of files.
  static let fileLimit = 1_000_000
  /// The largest number of blocks.
  static let blockLimit = 1 << 24

  init(_ section: Section, file: String, peerCount: Int, _ traceLog: TraceLog) {
    blockBytes =
      section.optional("block_bytes", .powerOfTwoBytes(64 << 10...1 << 20)) ?? 256 << 10
    list = section.sections("list", keys: ["name", "size", "compresses"], limit: Self.fileLimit)
      .enumerated().map { index, section in
        FileSet.File(
          name: section.required("name", .text("a name")) ?? "\(index)",
          bytes: section.required("size", .fileSize) ?? 0,
          compressionRatio: section.compression("compresses"))
      }
    generator =
      section.has("generate")
      ? Generator(section.section("generate", keys: Generator.keys)) : nil
    reads = []
    if let name = section.optional("trace", .text("a file of recorded reads")) {
      reads = Self.trace(name, section, file: file, peerCount: peerCount, traceLog)
      addFiles(ofReads: section.compression("trace_compresses"))
    }
    let names = Set(list.map(\.name))
    if names.count < list.count {
      section.refuse("list", expected: "a name of its own for every file")
    }
    let largest = list.reduce(0) { $0 + $1.bytes / blockBytes + 1 }
    let drawn = (generator?.count ?? 0) * ((generator?.maxBytes ?? 0) / blockBytes + 1)
    if largest + drawn > Self.blockLimit {
      section.refuse(
        section.has("generate") ? "generate" : "list",
        expected: "files of at most \(Self.blockLimit) blocks")
    }
  }

  /// The files of one run.
  func fileSet(_ random: inout SeededGenerator) -> FileSet {
    var files = list
    if let generator {
      for index in 0..<generator.count {
        files.append(
          FileSet.File(
            name: "generated-\(index)", bytes: generator.bytes(&random),
            compressionRatio: generator.compressionRatio))
      }
    }
    return FileSet(files, blockBytes: blockBytes)
  }

  // MARK: - Recorded reads

  private static func trace(
    _ name: String, _ section: Section, file: String, peerCount: Int, _ traceLog: TraceLog
  ) -> [RecordedRead] {
    var path = name
    if !name.hasPrefix("/"), let slash = file.lastIndex(of: "/") {
      path = file[...slash] + name
    }
    do {
      let contents = try FileContents.read(path, limit: RecordedRead.fileByteLimit)
      let log = ProblemLog(file: path)
      let reads = RecordedRead.read(contents.bytes, peerCount: peerCount, log)
      traceLog.problems = log.problems
      return reads
    } catch {
      section.refuse("trace", expected: "\(error.expected) (there is \(error.found))")
      return []
    }
  }

  /// A file is as large as the last byte that was read of it.
  private mutating func addFiles(ofReads ratio: Double) {
    let given = Set(list.map(\.name))
    var places: [String: Int] = [:]
    for read in reads where !given.contains(read.file) {
      let end = min(read.offset + read.length, RecordedRead.offsetLimit)
      if let place = places[read.file] {
        list[place].bytes = max(list[place].bytes, end)
      } else {
        places[read.file] = list.count
        list.append(FileSet.File(name: read.file, bytes: end, compressionRatio: ratio))
      }
    }
  }
}

extension FilePlan.Generator {
  static let keys = ["count", "distribution", "min_size", "max_size", "compresses"]

  init(_ section: Section) {
    count = section.required("count", .number("a number", 1...FilePlan.fileLimit)) ?? 1
    distribution = section.optional("distribution", .word()) ?? .fixed
    minBytes = section.required("min_size", .fileSize) ?? 1
    maxBytes = section.optional("max_size", .fileSize) ?? minBytes
    compressionRatio = section.compression("compresses")
    if distribution != .fixed, !section.has("max_size") {
      section.missing("max_size", "the largest size, for the distribution '\(distribution)'")
    }
    if maxBytes < minBytes {
      section.refuse("max_size", expected: "a size of at least min_size")
      maxBytes = minBytes
    }
  }

  /// Draws a size.
  func bytes(_ random: inout SeededGenerator) -> Int {
    switch distribution {
    case .fixed: minBytes
    case .uniform: Int.random(in: minBytes...maxBytes, using: &random)
    case .logarithmic:
      logarithmic(random.unit())
    }
  }

  /// `min · (max / min)^x`, by squaring: the same bits on every machine, which a library's `pow`
  /// does not promise.
  private func logarithmic(_ x: Double) -> Int {
    var factor = 1.0
    var root = Double(maxBytes) / Double(minBytes)
    var rest = x
    for _ in 0..<30 {
      root = root.squareRoot()
      rest *= 2
      if rest >= 1 {
        rest -= 1
        factor *= root
      }
    }
    return min(maxBytes, max(minBytes, Int(Double(minBytes) * factor)))
  }
}

extension Kind<Int> {
  /// The size of a file.
  fileprivate static var fileSize: Kind { .bytes(1...1 << 40, such: "2MiB") }
}

extension Section {
  /// How well a file compresses; 1, not at all, if it is left out.
  fileprivate func compression(_ key: String) -> Double {
    fraction(key, "how many plain bytes one stored byte holds,", 1...1000) ?? 1
  }
}
