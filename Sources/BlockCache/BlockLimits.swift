/// The limits every length meets before anything is allocated for it.
public enum BlockLimits {
  /// The most plain bytes of one block: 1 MiB, the largest block size that can be set.
  public static let plainBytes = 1 << 20
  /// The most bytes of one stored block. LZ4 is used only where it makes a block smaller, so no
  /// encoding is longer than the plain bytes.
  public static let storedBytes = plainBytes
  /// The most versions of one file that an index or a memory tier keeps; one more pushes out the
  /// version that came first.
  public static let versionsPerFile = 4
}
