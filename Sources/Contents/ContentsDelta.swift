public import BlockCache

/// What changed in the contents of one member since the delta before: one gossip payload.
///
///     format   1 byte: 0xC1
///     summary  24 bytes: generation, sequence (this delta's), root (after this delta)
///     entries  how many, as a number
///     entry    kind (1 byte), version (24 bytes), and for
///              1 dropped  nothing
///              2 removed  a bitmap
///              3 added    a bitmap
///              4 digest   8 bytes
///
/// Entries are applied in their order; a sender puts removals first, since a block that is
/// believed in and not there costs a failed request, and one that is not known of costs nothing
/// that was not lost anyway.
public struct ContentsDelta: Hashable, Sendable {
  /// The most bytes of a delta that are read: far more than a datagram holds, and few enough that
  /// the worst entries are taken in within a fraction of a second.
  public static let limitBytes = 16 << 10
  /// Below so many bytes nothing can be said.
  public static let leastBytes = headerBytes + 1 + ByteWriter.versionBytes + 16
  static let headerBytes = 1 + ContentsSummary.encodedBytes + 3
  static let format: UInt8 = 0xC1
  /// The most entries that fit into ``limitBytes``.
  static let entryLimit = limitBytes / (1 + ByteWriter.versionBytes)

  /// What happened to one version.
  public enum Change: Hashable, Sendable {
    /// Nothing of the version is held any more.
    case dropped
    /// These blocks are held no more.
    case removed(BlockBitmap)
    /// These blocks are held now.
    case added(BlockBitmap)
    /// More than could be told: what is held now has this ``BlockBitmap/digest``. Who sees
    /// another learns the blocks by anti-entropy.
    case digest(UInt64)
  }

  /// One version and what happened to it.
  public struct Entry: Hashable, Sendable {
    /// Which version.
    public var version: FileVersion
    /// What happened to it.
    public var change: Change

    /// A version and what happened to it.
    public init(version: FileVersion, change: Change) {
      self.version = version
      self.change = change
    }

    func encode(into writer: inout ByteWriter) {
      switch change {
      case .dropped:
        writer.uint8(1)
        writer.version(version)
      case .removed(let blocks):
        writer.uint8(2)
        writer.version(version)
        blocks.encode(into: &writer)
      case .added(let blocks):
        writer.uint8(3)
        writer.version(version)
        blocks.encode(into: &writer)
      case .digest(let digest):
        writer.uint8(4)
        writer.version(version)
        writer.uint64(digest)
      }
    }

    init(decoding reader: inout ByteReader) throws(ContentsError) {
      let kind = try reader.uint8()
      guard 1...4 ~= kind else { throw .unknownKind(kind) }
      version = try reader.version()
      switch kind {
      case 1: change = .dropped
      case 2: change = .removed(try BlockBitmap(decoding: &reader))
      case 3: change = .added(try BlockBitmap(decoding: &reader))
      default: change = .digest(try reader.uint64())
      }
    }
  }

  /// Who has what after this delta; its sequence is at least 1.
  public var summary: ContentsSummary
  /// What changed, in the order in which to apply it.
  public var entries: [Entry]

  /// A delta; the sequence of `summary` must be at least 1.
  public init(summary: ContentsSummary, entries: [Entry]) {
    self.summary = summary
    self.entries = entries
  }

  /// The wire form.
  public var encoded: [UInt8] {
    var body = ByteWriter()
    for entry in entries { entry.encode(into: &body) }
    return Self.encoded(summary, entryCount: entries.count, body)
  }

  static func encoded(
    _ summary: ContentsSummary, entryCount: Int, _ body: ByteWriter
  ) -> [UInt8] {
    var writer = ByteWriter()
    writer.uint8(format)
    summary.encode(into: &writer)
    writer.number(UInt64(entryCount))
    writer.append(body)
    return writer.bytes
  }

  /// Reads the wire form.
  /// - Throws: ``ContentsError`` if the bytes are more than ``limitBytes``, or no delta from the
  ///   first byte to the last.
  public init(decoding bytes: [UInt8]) throws(ContentsError) {
    guard bytes.count <= Self.limitBytes else {
      throw .tooLong(claimed: UInt64(bytes.count), limit: Self.limitBytes)
    }
    var reader = ByteReader(bytes)
    let format = try reader.uint8()
    guard format == Self.format else { throw .unknownKind(format) }
    summary = try ContentsSummary(decoding: &reader)
    guard summary.sequence > 0 else { throw .outOfRange }
    let count = try reader.count(
      limit: Self.entryLimit, elementBytes: 1 + ByteWriter.versionBytes)
    entries = []
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try Entry(decoding: &reader)) }
    try reader.finish()
  }
}
