/// One direction of one link.
public enum LinkPlace: Hashable, Sendable, CustomStringConvertible {
  /// Away from it.
  case up(LinkEnd)
  /// Towards it.
  case down(LinkEnd)

  /// What a link belongs to.
  public enum LinkEnd: Hashable, Sendable {
    /// The link between a node and its rack's switch.
    case node(Int)
    /// The link between a rack and its zone.
    case rack(Int)
    /// The link between a zone and the others.
    case zone(Int)
  }

  /// Such as `rack 1 up`.
  public var description: String {
    switch self {
    case .up(let end): "\(end.words) up"
    case .down(let end): "\(end.words) down"
    }
  }
}

extension LinkPlace.LinkEnd {
  fileprivate var words: String {
    switch self {
    case .node(let index): "node \(index)"
    case .rack(let index): "rack \(index)"
    case .zone(let index): "zone \(index)"
    }
  }
}

/// What crossed one direction of a link, packet headers included.
public struct LinkTraffic: Hashable, Sendable {
  /// Bytes of reliable messages.
  public var streamBytes: Int
  /// Bytes of datagrams, with those that were lost here.
  public var datagramBytes: Int
  /// Datagrams that were lost here: by chance, or because the link was too busy.
  public var droppedDatagramCount: Int

  /// Everything that crossed it.
  public var bytes: Int { streamBytes + datagramBytes }
}

/// What a node sent and received.
public struct NodeTraffic: Hashable, Sendable {
  /// Reliable messages handed to the network.
  public var sentMessageCount = 0
  /// Their bytes, without packet headers.
  public var sentMessageBytes = 0
  /// Reliable messages that arrived.
  public var receivedMessageCount = 0
  /// Their bytes, without packet headers.
  public var receivedMessageBytes = 0
  /// Datagrams handed to the network.
  public var sentDatagramCount = 0
  /// Their bytes, with packet headers.
  public var sentDatagramBytes = 0
  /// Datagrams that arrived.
  public var receivedDatagramCount = 0
  /// Their bytes, with packet headers.
  public var receivedDatagramBytes = 0
  /// Of the datagrams sent, those that were lost before they left the network.
  public var lostDatagramCount = 0
}

/// What one node sent to another over reliable connections, and what arrived.
public struct PairTraffic: Hashable, Sendable {
  /// The sender.
  public var source: Int
  /// The receiver.
  public var destination: Int
  /// How far they are from each other.
  public var tier: Tier
  /// Bytes of the messages that arrived, without packet headers.
  public var bytes: Int
  /// The number of messages that arrived.
  public var messageCount: Int
}
