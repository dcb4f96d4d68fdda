/// What a ``SimulatedNode`` sees of the world during one call, and what it wants done afterwards.
public struct NodeContext<Message, Timer> {
  enum Effect {
    case send(Message, to: Int, channel: UInt8, token: UInt64?)
    case datagram(Message, to: Int)
    case timer(Timer, nanoseconds: Int64)
    case disk(DiskOperation, bytes: Int, token: UInt64)
    case freeDisk(bytes: Int)
    case disconnect(Int)
    case note(UInt32, Int64)
  }

  /// Which node this is.
  public internal(set) var node = 0
  /// The monotonic clock, in nanoseconds since the run began.
  public internal(set) var nowNanoseconds: Int64 = 0
  /// The node's own stream of random numbers.
  public var random = SeededGenerator(seed: 0)
  var wallOffsetNanoseconds: Int64 = 0
  var effects: ContiguousArray<Effect> = []

  /// The monotonic clock: the time since the run began.
  public var now: Duration { .nanoseconds(nowNanoseconds) }

  /// The wall clock of this node, which can jump; it agrees with ``now`` until it does.
  public var wallClock: Duration { .nanoseconds(nowNanoseconds &+ wallOffsetNanoseconds) }

  /// Sends a message over the connection to `peer`, which is opened if there is none: in order
  /// behind earlier ones, and never lost while the connection stands.
  /// - Parameters:
  ///   - channel: which connection, 0 to 3: a node may have several to a peer, such as one for
  ///     short questions beside one for blocks.
  ///   - token: ``SimulatedNode/sent(_:to:_:)`` is called with it once the message has left.
  public mutating func send(
    _ message: Message, to peer: Int, channel: UInt8 = 0, token: UInt64? = nil
  ) {
    effects.append(.send(message, to: peer, channel: channel, token: token))
  }

  /// Sends a datagram: it may be lost or overtaken.
  public mutating func sendDatagram(_ message: Message, to peer: Int) {
    effects.append(.datagram(message, to: peer))
  }

  /// Calls ``SimulatedNode/timer(_:_:)`` at a moment of the monotonic clock, or at once if it is
  /// past.
  public mutating func setTimer(_ timer: Timer, at moment: Duration) {
    effects.append(.timer(timer, nanoseconds: moment.wholeNanoseconds))
  }

  /// Calls ``SimulatedNode/timer(_:_:)`` after some time.
  public mutating func setTimer(_ timer: Timer, after delay: Duration) {
    let moment = nowNanoseconds.addingReportingOverflow(delay.wholeNanoseconds)
    effects.append(.timer(timer, nanoseconds: moment.overflow ? .max : moment.partialValue))
  }

  /// Calls ``SimulatedNode/timer(_:_:)`` at a moment, in nanoseconds since the run began.
  public mutating func setTimer(_ timer: Timer, atNanoseconds moment: Int64) {
    effects.append(.timer(timer, nanoseconds: moment))
  }

  /// Reads from the node's disk, behind what was asked of it before.
  public mutating func readDisk(bytes: Int, token: UInt64) {
    effects.append(.disk(.read, bytes: bytes, token: token))
  }

  /// Writes to the node's disk; fails when there is no room.
  public mutating func writeDisk(bytes: Int, token: UInt64) {
    effects.append(.disk(.write, bytes: bytes, token: token))
  }

  /// Gives back room on the disk that earlier writes took.
  public mutating func freeDisk(bytes: Int) {
    effects.append(.freeDisk(bytes: bytes))
  }

  /// Closes all connections with a peer; what was not delivered is dropped, and the peer learns of
  /// it one latency later.
  public mutating func disconnect(_ peer: Int) {
    effects.append(.disconnect(peer))
  }

  /// Adds a line to the trace: what the node decided, so that two runs that differ are seen to
  /// where they begin to.
  public mutating func note(_ code: UInt32, _ value: Int64) {
    effects.append(.note(code, value))
  }
}
