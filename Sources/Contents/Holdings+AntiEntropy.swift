import BlockCache

extension Holdings {
  /// Answers another member about what was announced. Every request that decodes has an answer.
  ///
  /// Costs at most a sort of the versions in the buckets asked for, or a digest's worth of work for
  /// each version asked for; nothing is remembered of the asker.
  public func answer(_ request: AntiEntropyRequest) -> AntiEntropyResponse {
    let body: AntiEntropyResponse.Body =
      switch request {
      case .compare(let root):
        root == tree.root ? .same : .buckets(Array(tree.buckets))
      case .versions(let mask, let after):
        list(mask, after: after)
      case .blocks(let ranges):
        .pages(pages(of: ranges))
      }
    return AntiEntropyResponse(summary: summary, body: body)
  }

  private func list(_ mask: BucketMask, after: FileVersion?) -> AntiEntropyResponse.Body {
    let start = after.map(DigestTree.bucket(of:)) ?? 0
    var listed: [AntiEntropyResponse.Listed] = []
    for bucket in start..<DigestTree.bucketCount where mask.contains(bucket) {
      var versions = buckets[bucket].filter { $0.value.announced != 0 }
        .map { AntiEntropyResponse.Listed(version: $0.key, term: $0.value.announced) }
      if let after, bucket == start { versions.removeAll { !after.precedes($0.version) } }
      versions.sort { $0.version.precedes($1.version) }
      let room = AntiEntropy.versionsPerMessage - listed.count
      listed += versions.prefix(room)
      if versions.count > room { return .versions(listed, isLast: false) }
    }
    return .versions(listed, isLast: true)
  }

  private func pages(of ranges: [AntiEntropyRequest.Range]) -> [AntiEntropyResponse.Page] {
    // The kind, the summary and the number of pages.
    var room = AntiEntropy.messageBytes - 1 - ContentsSummary.encodedBytes - 3
    let headBytes = ByteWriter.versionBytes + 2 * ByteWriter.numberBytes(UInt64(UInt32.max))
    var pages: [AntiEntropyResponse.Page] = []
    for range in ranges.prefix(AntiEntropy.versionsPerMessage) {
      let asked = BlockRun(first: range.first, last: .max)
      let blocks = announced(of: range.version).intersection(asked)
      let part = blocks.isEmpty ? blocks : blocks.prefix(fitting: room - headBytes)
      // 2 bytes are the wire form of no blocks.
      guard room >= headBytes + 2, let part else { break }
      let isWhole = part.bounds?.last == blocks.bounds?.last
      let last = isWhole ? UInt32.max : part.bounds?.last ?? UInt32.max
      let page = AntiEntropyResponse.Page(
        version: range.version, range: BlockRun(first: range.first, last: last), blocks: part)
      var writer = ByteWriter()
      page.encode(into: &writer)
      room -= writer.bytes.count
      pages.append(page)
      if !isWhole { break }
    }
    return pages
  }
}
