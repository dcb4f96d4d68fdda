/// What was counted in one storm, before anything is made of it.
public struct StormMeasurement: Codable, Hashable, Sendable {
  /// What befell a peer in the run.
  public enum Fate: String, Codable, Sendable {
    case unharmed
    /// Its link is slower than the others'.
    case slow
    case killed
    case stopped
    /// It joined when the others were done.
    case late
  }

  /// One peer and the reader behind it.
  public struct Peer: Codable, Hashable, Sendable {
    public var name: String
    /// From 1.
    public var rack: Int
    /// Bits per second.
    public var linkRate: Int
    public var fate: Fate
    /// When its reader began, after the first one, in seconds.
    public var startSeconds: Double
    /// Nil if it has not finished.
    public var reader: ReaderResult?
    /// Its link.
    public var interface: InterfaceTable.Counters
    /// What its daemon counted in the run; what it does not count is missing.
    public var counters: [String: Int]
    /// Of its daemon.
    public var cpuSeconds: Double

    enum CodingKeys: String, CodingKey {
      case name, rack, fate, reader, interface, counters
      case linkRate = "link_rate"
      case startSeconds = "start_seconds"
      case cpuSeconds = "cpu_seconds"
    }

    public init(
      name: String, rack: Int, linkRate: Int, fate: Fate, startSeconds: Double = 0,
      reader: ReaderResult? = nil, interface: InterfaceTable.Counters = .init(),
      counters: [String: Int] = [:], cpuSeconds: Double = 0
    ) {
      self.name = name
      self.rack = rack
      self.linkRate = linkRate
      self.fate = fate
      self.startSeconds = startSeconds
      self.reader = reader
      self.interface = interface
      self.counters = counters
      self.cpuSeconds = cpuSeconds
    }
  }

  /// The metadata server.
  public struct Server: Codable, Hashable, Sendable {
    /// Its link.
    public var interface: InterfaceTable.Counters
    /// What it counted in the run.
    public var counters: [String: Int]
    public var cpuSeconds: Double

    enum CodingKeys: String, CodingKey {
      case interface, counters
      case cpuSeconds = "cpu_seconds"
    }

    public init(
      interface: InterfaceTable.Counters = .init(), counters: [String: Int] = [:],
      cpuSeconds: Double = 0
    ) {
      self.interface = interface
      self.counters = counters
      self.cpuSeconds = cpuSeconds
    }
  }

  /// How far all were at one time; everything since the start.
  public struct Sample: Codable, Hashable, Sendable {
    public var seconds: Double
    /// Frames that the metadata server's link took.
    public var mdsSentBytes: Int
    /// Frames that the peers' links took.
    public var peersSentBytes: Int
    /// File data that arrived at readers.
    public var readBytes: Int

    enum CodingKeys: String, CodingKey {
      case seconds
      case mdsSentBytes = "mds_sent_bytes"
      case peersSentBytes = "peers_sent_bytes"
      case readBytes = "read_bytes"
    }

    public init(seconds: Double, mdsSentBytes: Int, peersSentBytes: Int, readBytes: Int) {
      self.seconds = seconds
      self.mdsSentBytes = mdsSentBytes
      self.peersSentBytes = peersSentBytes
      self.readBytes = readBytes
    }
  }

  public var peers: [Peer]
  public var mds: Server
  /// Frames over each link between racks, both ways.
  public var rackLinkBytes: [Int]
  public var samples: [Sample]
  /// Frames that the metadata server sent while the late one read; nil if there was none.
  public var lateMDSSentBytes: Int?
  public var coreCount: Int

  enum CodingKeys: String, CodingKey {
    case peers, mds, samples
    case rackLinkBytes = "rack_link_bytes"
    case lateMDSSentBytes = "late_mds_sent_bytes"
    case coreCount = "cores"
  }

  public init(
    peers: [Peer], mds: Server, rackLinkBytes: [Int] = [], samples: [Sample] = [],
    lateMDSSentBytes: Int? = nil, coreCount: Int = 1
  ) {
    self.peers = peers
    self.mds = mds
    self.rackLinkBytes = rackLinkBytes
    self.samples = samples
    self.lateMDSSentBytes = lateMDSSentBytes
    self.coreCount = coreCount
  }
}
