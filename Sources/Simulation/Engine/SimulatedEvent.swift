/// What happens at a moment of virtual time: a kind and small integers that say to what. What does
/// not fit into them waits in a ``Slab``, so that the heap moves 32 bytes whatever the node type.
struct SimulatedEvent {
  /// The kinds; the names are the words of the trace.
  enum Kind: UInt8 {
    /// `a` node.
    case start
    /// `a` link: the piece it was sending is through.
    case forwarded
    /// `a` envelope, of a reliable message.
    case delivery
    /// `a` envelope.
    case datagram
    /// `a` slot of the timers.
    case timer
    /// `a` slot of the disk operations.
    case disk
    /// `a` slot of the notices that a message has left.
    case sent
    /// `a` node, `b` peer, `generation` the node's incarnation.
    case disconnected
    /// `a` connection, `generation` its own.
    case established
    /// `a` connection, `generation` its own: it may have been without progress for too long.
    case stalled
    /// `a` index of the fault.
    case fault
  }

  var kind: Kind
  var a: Int32
  var b: Int32 = 0
  var generation: UInt32 = 0
}
