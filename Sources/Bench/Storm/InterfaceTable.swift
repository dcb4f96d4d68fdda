/// What a machine's interfaces have sent and received, as the kernel counts it: whole frames, where
/// one of the kernel's large segments counts as one.
public struct InterfaceTable: Hashable, Sendable {
  /// One interface.
  public struct Counters: Codable, Hashable, Sendable {
    public var receivedBytes = 0
    public var receivedPackets = 0
    public var sentBytes = 0
    public var sentPackets = 0

    /// Ethernet, IPv4 and TCP with timestamps.
    private static let headerBytes = 14 + 20 + 32

    public init() {}

    /// Without headers: what TCP carried, but for the few packets that are not TCP.
    public var receivedPayloadBytes: Int {
      max(0, receivedBytes - receivedPackets * Self.headerBytes)
    }

    /// As `receivedPayloadBytes`, of what was sent.
    public var sentPayloadBytes: Int { max(0, sentBytes - sentPackets * Self.headerBytes) }

    /// What was counted between two readings.
    public static func - (later: Self, earlier: Self) -> Self {
      var difference = Self()
      difference.receivedBytes = later.receivedBytes - earlier.receivedBytes
      difference.receivedPackets = later.receivedPackets - earlier.receivedPackets
      difference.sentBytes = later.sentBytes - earlier.sentBytes
      difference.sentPackets = later.sentPackets - earlier.sentPackets
      return difference
    }

    /// The same as the other end of the cable counts it.
    public var fromTheOtherEnd: Self {
      var other = Self()
      other.receivedBytes = sentBytes
      other.receivedPackets = sentPackets
      other.sentBytes = receivedBytes
      other.sentPackets = receivedPackets
      return other
    }

    enum CodingKeys: String, CodingKey {
      case receivedBytes = "received_bytes"
      case receivedPackets = "received_packets"
      case sentBytes = "sent_bytes"
      case sentPackets = "sent_packets"
    }
  }

  /// By name.
  public private(set) var interfaces: [String: Counters] = [:]

  /// Reads `/proc/net/dev`; lines that are none of it are passed over.
  public init(_ text: String) {
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let numbers = parts[1].split(separator: " ").compactMap { Int($0) }
      guard numbers.count >= 10 else { continue }
      var counters = Counters()
      counters.receivedBytes = numbers[0]
      counters.receivedPackets = numbers[1]
      counters.sentBytes = numbers[8]
      counters.sentPackets = numbers[9]
      interfaces[String(parts[0].drop { $0 == " " })] = counters
    }
  }

  /// An interface's counters; zeros where there is no such interface.
  public subscript(name: String) -> Counters { interfaces[name] ?? Counters() }
}
