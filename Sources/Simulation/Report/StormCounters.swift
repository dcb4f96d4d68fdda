/// What is counted in a boot storm, simulated or real: plain numbers, from which ``StormReport``
/// is computed. All bytes are those of blocks as they are stored and sent, without headers.
public struct StormCounters: Hashable, Sendable, Codable {
  /// One peer.
  public struct Peer: Hashable, Sendable, Codable {
    /// For people.
    public var name: String
    /// When its reader began, in seconds on the run's clock.
    public var startSeconds: Double
    /// When its reader had read all; nil if it had not when the run ended.
    public var finishSeconds: Double?
    /// Whether it was expected to finish: not if it was killed, stopped or slowed on purpose.
    public var isExpectedToFinish: Bool
    /// Whether it joined late: then it does not count for the makespan and the finish times.
    public var isLate: Bool
    /// What it received.
    public var receivedBytes: Int
    /// Of it, what it had already.
    public var duplicateBytes: Int
    /// Of what it received, what the metadata server sent.
    public var receivedFromMDSBytes: Int
    /// What it sent to other peers.
    public var uploadedBytes: Int
    /// The longest time for which its reader waited for one block.
    public var longestStallSeconds: Double

    /// A peer that began at a moment, with the rest to be counted.
    public init(name: String, startSeconds: Double) {
      self.name = name
      self.startSeconds = startSeconds
      finishSeconds = nil
      isExpectedToFinish = true
      isLate = false
      receivedBytes = 0
      duplicateBytes = 0
      receivedFromMDSBytes = 0
      uploadedBytes = 0
      longestStallSeconds = 0
    }
  }

  /// One direction of a link.
  public struct Link: Hashable, Sendable, Codable {
    /// For people.
    public var name: String
    /// Whether it leads into or out of a rack or zone.
    public var isBetweenRacks: Bool
    /// Bytes a second; nil for a link without limit.
    public var bytesPerSecond: Double?
    /// What must cross it whatever anybody does: the unique stored bytes needed behind it.
    public var mustCarryBytes: Int
    /// What did.
    public var carriedBytes: Int

    /// One direction of a link.
    public init(
      name: String, isBetweenRacks: Bool, bytesPerSecond: Double?, mustCarryBytes: Int,
      carriedBytes: Int
    ) {
      self.name = name
      self.isBetweenRacks = isBetweenRacks
      self.bytesPerSecond = bytesPerSecond
      self.mustCarryBytes = mustCarryBytes
      self.carriedBytes = carriedBytes
    }
  }

  /// The blocks that were read by anybody, once each, as they are stored.
  public var uniqueStoredBytes: Int
  /// The same blocks, unpacked.
  public var uniquePlainBytes: Int
  /// What the metadata server sent to peers.
  public var mdsEgressBytes: Int
  /// The peers.
  public var peers: [Peer]
  /// The links that could be the narrowest.
  public var links: [Link]

  /// Counters with nothing counted.
  public init(uniqueStoredBytes: Int, uniquePlainBytes: Int) {
    self.uniqueStoredBytes = uniqueStoredBytes
    self.uniquePlainBytes = uniquePlainBytes
    mdsEgressBytes = 0
    peers = []
    links = []
  }
}
