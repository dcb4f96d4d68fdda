/// What a disk cache may take, and in what pieces.
public struct BlockIndexLimits: Hashable, Sendable {
  /// The smallest quota that makes sense: 1 MiB.
  public static let leastQuotaBytes = 1 << 20
  /// What is charged for the directory and its lock file.
  public static let fixedBytes = 64 << 10
  /// What file systems allocate in: file sizes are charged rounded up to this.
  public static let pageBytes = 4096
  /// The most records in one segment; one more begins the next.
  public static let recordsPerSegment = 1 << 20

  /// The most bytes that all files of the cache take together.
  public var quotaBytes: Int
  /// How many bytes the file system must keep free for others.
  public var freeSpaceFloorBytes: Int
  /// How long a segment gets; only a single record may be longer than that.
  public var segmentBytes: Int

  /// Limits with a segment size that fits the quota: a 256th of it, so that the open files stay
  /// few, but not less than 64 MiB where that is at most a 32nd, and below 4 GiB.
  public init(quotaBytes: Int, freeSpaceFloorBytes: Int) {
    let pleasant = max(quotaBytes / 256, 64 << 20)
    let size = min(pleasant, max(quotaBytes / 32, 32 << 10), (4 << 30) - (4 << 20))
    self.init(
      quotaBytes: quotaBytes, freeSpaceFloorBytes: freeSpaceFloorBytes, segmentBytes: size)
  }

  /// Limits as given. `segmentBytes` is at least one page and below 4 GiB, since offsets have
  /// 32 bits.
  public init(quotaBytes: Int, freeSpaceFloorBytes: Int, segmentBytes: Int) {
    self.quotaBytes = quotaBytes
    self.freeSpaceFloorBytes = max(0, freeSpaceFloorBytes)
    self.segmentBytes = min(max(segmentBytes, Self.pageBytes), (4 << 30) - (4 << 20))
  }

  static func roundedToPages(_ bytes: Int) -> Int {
    (bytes + pageBytes - 1) / pageBytes * pageBytes
  }
}
