public import BlockCache

/// What a member answers about its own contents: what it has announced, as of the summary that
/// every answer carries.
public struct AntiEntropyResponse: Hashable, Sendable {
  /// A version and the digest over its name and its blocks.
  public struct Listed: Hashable, Sendable {
    /// A version of which something is held.
    public var version: FileVersion
    /// XXH3-64 of file, change attribute and the digest of the bitmap; never 0.
    public var term: UInt64

    /// A version and its term.
    public init(version: FileVersion, term: UInt64) {
      self.version = version
      self.term = term
    }
  }

  /// Which blocks of `range` are held of a version.
  public struct Page: Hashable, Sendable {
    /// Which version.
    public var version: FileVersion
    /// What the page speaks about; a block of it that is not in `blocks` is not held.
    public var range: BlockRun
    /// What is held of `range`; nothing outside it.
    public var blocks: BlockBitmap

    /// A page; `blocks` must be in `range`.
    public init(version: FileVersion, range: BlockRun, blocks: BlockBitmap) {
      self.version = version
      self.range = range
      self.blocks = blocks
    }
  }

  /// The kinds of answers, one to each kind of question and two to a comparison.
  public enum Body: Hashable, Sendable {
    /// To a comparison: what you believe is right.
    case same
    /// To a comparison: it is not, here are all 256 buckets.
    case buckets([UInt64])
    /// To a question for versions: these come next, by bucket and within it by file and change
    /// attribute, and whether they are the last.
    case versions([Listed], isLast: Bool)
    /// To a question for blocks: some of them, in the order they were asked for. Only the last may
    /// stop before the end of its version; it, and what is missing, are to be asked for again.
    case pages([Page])
  }

  /// What the member had announced when it answered.
  public var summary: ContentsSummary
  /// The answer itself.
  public var body: Body

  /// An answer as of a summary.
  public init(summary: ContentsSummary, body: Body) {
    self.summary = summary
    self.body = body
  }

  /// The wire form: a kind (1 byte), the summary, and the fields in order.
  public var encoded: [UInt8] {
    var writer = ByteWriter()
    switch body {
    case .same: writer.uint8(1)
    case .buckets: writer.uint8(2)
    case .versions: writer.uint8(3)
    case .pages: writer.uint8(4)
    }
    summary.encode(into: &writer)
    switch body {
    case .same:
      break
    case .buckets(let buckets):
      for bucket in buckets { writer.uint64(bucket) }
    case .versions(let versions, let isLast):
      writer.uint8(isLast ? 1 : 0)
      writer.number(UInt64(versions.count))
      for listed in versions {
        writer.version(listed.version)
        writer.uint64(listed.term)
      }
    case .pages(let pages):
      writer.number(UInt64(pages.count))
      for page in pages { page.encode(into: &writer) }
    }
    return writer.bytes
  }

  /// Reads the wire form.
  /// - Throws: ``ContentsError`` if the bytes are more than ``AntiEntropy/messageBytes``, or no
  ///   answer from the first byte to the last.
  public init(decoding bytes: [UInt8]) throws(ContentsError) {
    guard bytes.count <= AntiEntropy.messageBytes else {
      throw .tooLong(claimed: UInt64(bytes.count), limit: AntiEntropy.messageBytes)
    }
    var reader = ByteReader(bytes)
    let kind = try reader.uint8()
    guard 1...4 ~= kind else { throw .unknownKind(kind) }
    summary = try ContentsSummary(decoding: &reader)
    switch kind {
    case 1: body = .same
    case 2: body = .buckets(try Self.buckets(&reader))
    case 3: body = try Self.versions(&reader)
    default: body = .pages(try Self.pages(&reader))
    }
    try reader.finish()
  }

  private static func buckets(_ reader: inout ByteReader) throws(ContentsError) -> [UInt64] {
    var buckets: [UInt64] = []
    buckets.reserveCapacity(DigestTree.bucketCount)
    for _ in 0..<DigestTree.bucketCount { buckets.append(try reader.uint64()) }
    return buckets
  }

  private static func versions(_ reader: inout ByteReader) throws(ContentsError) -> Body {
    let isLast = try reader.bool()
    let count = try reader.count(
      limit: AntiEntropy.versionsPerMessage, elementBytes: ByteWriter.versionBytes + 8)
    var versions: [Listed] = []
    versions.reserveCapacity(count)
    for _ in 0..<count {
      versions.append(Listed(version: try reader.version(), term: try reader.uint64()))
    }
    return .versions(versions, isLast: isLast)
  }

  private static func pages(_ reader: inout ByteReader) throws(ContentsError) -> [Page] {
    let count = try reader.count(
      limit: AntiEntropy.versionsPerMessage, elementBytes: ByteWriter.versionBytes + 4)
    var pages: [Page] = []
    pages.reserveCapacity(count)
    for _ in 0..<count { pages.append(try Page(decoding: &reader)) }
    return pages
  }
}

extension AntiEntropyResponse.Page {
  func encode(into writer: inout ByteWriter) {
    writer.version(version)
    writer.number(UInt64(range.first))
    writer.number(UInt64(range.last))
    blocks.encode(into: &writer)
  }

  init(decoding reader: inout ByteReader) throws(ContentsError) {
    version = try reader.version()
    let first = try reader.index()
    let last = try reader.index()
    guard first <= last else { throw .outOfOrder }
    range = BlockRun(first: first, last: last)
    blocks = try BlockBitmap(decoding: &reader)
    if let bounds = blocks.bounds {
      guard first <= bounds.first, bounds.last <= last else { throw .outOfRange }
    }
  }
}
