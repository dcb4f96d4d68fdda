/// What nodes send to each other.
public protocol SimulatedMessage {
  /// Its size as it is sent, in bytes, with the headers of its own protocol but without those of
  /// TCP, UDP and IP, which the network adds. Never negative.
  var wireBytes: Int { get }
  /// A number that tells messages of equal size apart in the ``EventTrace``; 0 unless given.
  var traceCode: UInt32 { get }
}

extension SimulatedMessage {
  /// 0: such messages differ in the trace by sender, receiver and size only.
  public var traceCode: UInt32 { 0 }
}

/// A node of a simulated cluster: a state machine, and the little that carries out its directives
/// here rather than on sockets.
///
/// The engine calls it, one call at a time and never from within a call; what it wants done it
/// appends to the context, and that is carried out in order when it returns. Types that are used
/// in large runs belong into this module: only there does the compiler specialise the engine.
public protocol SimulatedNode {
  /// Messages and datagrams alike.
  associatedtype Message: SimulatedMessage
  /// What a timer is to remind of.
  associatedtype Timer
  /// What a call can see and ask for.
  typealias Context = NodeContext<Message, Timer>

  /// The node starts, for the first time or again after it was killed, as a new value.
  mutating func start(_ context: inout Context)
  /// A message or a datagram is here, whole. `peer` is who sent it: an address, not a proof.
  mutating func received(_ message: Message, from peer: Int, _ context: inout Context)
  /// A timer is due. Timers cannot be taken back: a node ignores one that it no longer wants.
  mutating func timer(_ timer: Timer, _ context: inout Context)
  /// An operation of the disk is done, or has failed.
  mutating func diskDone(_ completion: DiskCompletion, _ context: inout Context)
  /// The last byte of a message sent with a token has left this node's own link.
  mutating func sent(_ token: UInt64, to peer: Int, _ context: inout Context)
  /// All connections to and from `peer` are gone, with every message that had not arrived; also
  /// when one could not be opened. The next message opens another. It may be said more than once.
  mutating func disconnected(_ peer: Int, _ context: inout Context)
}

extension SimulatedNode {
  /// Nothing, for nodes without a disk.
  public mutating func diskDone(_ completion: DiskCompletion, _ context: inout Context) {}
  /// Nothing, for nodes that do not pace what they send.
  public mutating func sent(_ token: UInt64, to peer: Int, _ context: inout Context) {}
  /// Nothing, for nodes that send datagrams only.
  public mutating func disconnected(_ peer: Int, _ context: inout Context) {}
}
