/// What one reader reads, in order.
public struct ReadPlan: Hashable, Sendable {
  /// One read, of one block or a part of it.
  public struct Step: Hashable, Sendable {
    /// The block's number within the ``FileSet``.
    public var block: Int32
    /// The plain bytes that are used.
    public var bytes: Int32
    /// Not before this much time of the reader, in nanoseconds; 0 for "as soon as possible".
    public var notBeforeNanoseconds: Int64
  }

  /// In the order in which the application uses them.
  public var steps: [Step]

  /// Whole files, one after another.
  public init(files order: some Sequence<Int>, of set: FileSet) {
    steps = order.flatMap { file in
      set.blocks(of: file).map { block in
        Step(
          block: Int32(block), bytes: Int32(set.plainBytes(of: block)), notBeforeNanoseconds: 0)
      }
    }
  }

  /// Recorded reads, each cut at the borders of blocks. Reads beyond the end of a file are not.
  init(_ reads: [RecordedRead], of set: FileSet, fileIndex: [String: Int]) {
    steps = []
    for read in reads {
      guard let file = fileIndex[read.file] else { continue }
      let blocks = set.blocks(of: file)
      let end = min(read.offset + read.length, set.files[file].bytes)
      var offset = read.offset
      while offset < end {
        let index = offset / set.blockBytes
        let count = min(end, (index + 1) * set.blockBytes) - offset
        steps.append(
          Step(
            block: Int32(blocks.lowerBound + index), bytes: Int32(count),
            notBeforeNanoseconds: read.nanoseconds))
        offset += count
      }
    }
  }

  /// The blocks that are read at least once.
  public var blocks: Set<Int32> { Set(steps.map(\.block)) }
}
