/// The sizes of files that are made for a run: `16MiB`, `4x16MiB,100x64KiB`.
public struct FileSizes: Hashable, Sendable, CustomStringConvertible {
  /// Bytes of each file, none of them zero.
  public let bytes: [Int]
  /// As it was read.
  public let description: String

  /// Files of one run.
  public static let countLimit = 100_000

  /// Reads a list of sizes, each with a count before it if there are several; nil for anything
  /// else, for empty files and for more than `countLimit`.
  public init?(_ text: String) {
    var bytes: [Int] = []
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = word.split(separator: "x", omittingEmptySubsequences: false)
      guard (1...2).contains(parts.count), let last = parts.last,
        let size = Text.byteCount(String(last)), size > 0
      else { return nil }
      let count = parts.count == 2 ? Int(parts[0]) : 1
      guard let count, count > 0, count <= Self.countLimit - bytes.count else { return nil }
      bytes += Array(repeating: size, count: count)
    }
    self.bytes = bytes
    description = text
  }

  /// So many bytes in files of 16 MiB, and a last one of what is left.
  public init(total: Int) {
    let step = 16 << 20
    let total = max(1, min(total, step * Self.countLimit))
    bytes =
      Array(repeating: step, count: total / step) + (total % step > 0 ? [total % step] : [])
    description = "\(total)"
  }
}
