/// What a storm was made of.
public struct StormSetup: Codable, Hashable, Sendable {
  public var peerCount: Int
  /// Bits per second of every node's link.
  public var linkRate: Int
  public var rackCount: Int
  /// Bits per second of the links between racks.
  public var rackRate: Int
  public var pattern: String
  /// `random`, `library` or a directory.
  public var files: String
  public var fileCount: Int
  public var plainBytes: Int
  public var storedBytes: Int
  public var blockBytes: Int
  public var readBytes: Int
  public var readAhead: Int
  public var seed: UInt64
  /// What was slowed down, killed and stopped.
  public var faults: [String]

  enum CodingKeys: String, CodingKey {
    case pattern, files, seed, faults
    case peerCount = "peers"
    case linkRate = "link_rate"
    case rackCount = "racks"
    case rackRate = "rack_rate"
    case fileCount = "file_count"
    case plainBytes = "plain_bytes"
    case storedBytes = "stored_bytes"
    case blockBytes = "block_bytes"
    case readBytes = "read_bytes"
    case readAhead = "read_ahead"
  }

  public init(
    peerCount: Int, linkRate: Int, rackCount: Int = 1, rackRate: Int = 0, pattern: String,
    files: String, fileCount: Int, plainBytes: Int, storedBytes: Int, blockBytes: Int,
    readBytes: Int, readAhead: Int, seed: UInt64, faults: [String] = []
  ) {
    self.peerCount = peerCount
    self.linkRate = linkRate
    self.rackCount = rackCount
    self.rackRate = rackRate
    self.pattern = pattern
    self.files = files
    self.fileCount = fileCount
    self.plainBytes = plainBytes
    self.storedBytes = storedBytes
    self.blockBytes = blockBytes
    self.readBytes = readBytes
    self.readAhead = readAhead
    self.seed = seed
    self.faults = faults
  }

  /// Bytes per second that the narrowest link on the way to a peer takes, faults aside.
  var narrowestBytesPerSecond: Double {
    Double(rackCount > 1 ? min(linkRate, rackRate) : linkRate) / 8
  }

  /// In one line.
  public var summary: String {
    var text = "\(peerCount) peers, \(LinkRate(bitsPerSecond: linkRate)) links, \(pattern)"
    if rackCount > 1 {
      text += ", \(rackCount) racks with \(LinkRate(bitsPerSecond: rackRate)) between them"
    }
    for fault in faults { text += ", \(fault)" }
    return text + "; \(files): \(fileCount) files, \(Text.bytes(plainBytes)),"
      + " stored \(Text.bytes(storedBytes))"
  }
}
