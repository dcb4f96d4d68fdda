/// A gossip payload that only repeats a summary: one byte, 0xC2, in front of it.
enum ContentsAnnouncement {
  static let format: UInt8 = 0xC2

  static func encoded(_ summary: ContentsSummary) -> [UInt8] {
    [format] + summary.encoded
  }

  static func decode(_ bytes: [UInt8]) throws(ContentsError) -> ContentsSummary {
    var reader = ByteReader(bytes)
    let format = try reader.uint8()
    guard format == Self.format else { throw .unknownKind(format) }
    let summary = try ContentsSummary(decoding: &reader)
    try reader.finish()
    return summary
  }
}
