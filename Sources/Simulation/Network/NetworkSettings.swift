/// How the network treats what is sent over it. The defaults are those of TCP over Ethernet.
public struct NetworkSettings: Hashable, Sendable {
  /// What a link sends of one connection before the next one's turn, at most. Every link passes a
  /// piece on when it has it all. Smaller is fairer and smoother, and costs more events.
  public var pieceBytes = 32 << 10
  /// What one connection has on its way at most: sent, but not yet through the receiver's link.
  /// With less than a few pieces a link that it crosses falls idle.
  public var windowBytes = 256 << 10
  /// A message is sent in packets of this many of its bytes at most …
  public var packetPayloadBytes = 1448
  /// … each of which costs this many more: Ethernet, IP and TCP with time stamps.
  public var packetHeaderBytes = 66
  /// What a datagram costs more than its bytes: Ethernet, IP and UDP.
  public var datagramHeaderBytes = 42
  /// Before the first message of a connection is sent, this many round trips pass.
  public var connectRoundTrips = 1
  /// A connection that had something to send and no path for so long breaks.
  public var stallTimeout = Duration.seconds(10)
  /// A datagram that would wait longer than this for one link is dropped there.
  public var datagramQueue = Duration.milliseconds(200)
  /// The datagrams that a stopped node finds when it goes on, at most; later ones are lost.
  public var heldDatagramLimit = 256

  /// The defaults.
  public init() {}
}
