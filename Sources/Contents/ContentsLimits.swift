/// How much a ``ContentsView`` remembers, and how patient it is.
public struct ContentsLimits: Hashable, Sendable {
  /// The most members whose contents are known, at most 65,536. A further one is refused until
  /// another is forgotten. A member takes about 3 KiB beside its claims.
  public var members: Int
  /// The most bytes that all claims together are charged; looked at after every message. Above it
  /// versions go, until a sixteenth is free: first those whose claims cost the most bytes for each
  /// block claimed, which are small files that one member holds, last the large files that many
  /// hold whole.
  public var totalBytes: Int
  /// The most bytes that the claims of one member are charged, as if it shared its bitmaps with
  /// nobody. What it claims beyond is not believed; what it claimed first stays.
  public var memberBytes: Int

  /// How long after it was seen that a member's contents are not known exactly, anti-entropy is
  /// due: deltas that took another way may still arrive. Up to twice that, so that not everybody
  /// asks the same member at once.
  public var syncGrace: Duration
  /// A pull that failed is repeated after twice the grace, four times that, and so on up to this.
  public var syncBackoffCeiling: Duration
  /// How long to leave a member alone of which not everything may be remembered.
  public var clippedRetry: Duration
  /// A pull that neither ended nor failed is forgotten after this.
  public var syncTimeout: Duration

  /// How long a block is not asked of a member that claimed it and did not have it.
  public var denial: Duration
  /// How many such blocks are remembered; beyond, the oldest are forgotten.
  public var denials: Int
  /// A member that had so many claims disproved is distrusted.
  public var disproofs: Int
  /// Half of the disproved claims that were counted are forgotten each time this has passed.
  public var disproofHalfLife: Duration
  /// How long a member is distrusted the first time; twice as long each time after.
  public var distrust: Duration
  /// The longest time a member is distrusted.
  public var distrustCeiling: Duration

  /// The defaults: 1,024 members; 128 MiB, which is 700,000 versions held whole; 96 MiB for any one
  /// member, which is 500,000 of its own.
  public init(
    members: Int = 1024, totalBytes: Int = 128 << 20, memberBytes: Int = 96 << 20,
    syncGrace: Duration = .milliseconds(500), syncBackoffCeiling: Duration = .seconds(60),
    clippedRetry: Duration = .seconds(300), syncTimeout: Duration = .seconds(60),
    denial: Duration = .seconds(30), denials: Int = 4096, disproofs: Int = 8,
    disproofHalfLife: Duration = .seconds(60), distrust: Duration = .seconds(30),
    distrustCeiling: Duration = .seconds(600)
  ) {
    self.members = min(max(1, members), 1 << 16)
    self.totalBytes = max(0, totalBytes)
    self.memberBytes = max(0, memberBytes)
    self.syncGrace = syncGrace
    self.syncBackoffCeiling = syncBackoffCeiling
    self.clippedRetry = clippedRetry
    self.syncTimeout = syncTimeout
    self.denial = denial
    self.denials = max(1, denials)
    self.disproofs = max(1, disproofs)
    self.disproofHalfLife = disproofHalfLife
    self.distrust = distrust
    self.distrustCeiling = distrustCeiling
  }
}
