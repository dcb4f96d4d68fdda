/// How much ``Holdings`` remembers of what it has not told yet.
public struct HoldingsLimits: Hashable, Sendable {
  /// The most versions that are listed; the blocks of one more are not announced. A version takes
  /// 64 to 130 bytes, and 8 for each run or word beyond the first.
  public var versions: Int
  /// The most versions with changes that were not told yet. One more, and what changed in all of
  /// them is left to anti-entropy.
  public var pendingVersions: Int
  /// The most runs or words of changes to one version that were not told yet. One more, and only
  /// the version's digest is told.
  public var pendingWordsPerVersion: Int
  /// The most versions of which only the digest is going to be told; of further ones nothing is,
  /// and the root digest has to do.
  public var digests: Int

  /// The defaults keep what is pending below 1 MiB for versions that change here and there, and
  /// below 8 MiB in the worst case: 4,096 × 256 words.
  public init(
    versions: Int = 1 << 20, pendingVersions: Int = 4096, pendingWordsPerVersion: Int = 256,
    digests: Int = 256
  ) {
    self.versions = max(1, versions)
    self.pendingVersions = max(1, pendingVersions)
    self.pendingWordsPerVersion = max(1, pendingWordsPerVersion)
    self.digests = max(0, digests)
  }
}
