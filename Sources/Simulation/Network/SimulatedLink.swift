/// One direction of a link: the flows that have something for it take turns, a piece each.
struct SimulatedLink {
  /// 0 means without limit: what comes is through at once.
  var bytesPerSecond: Int
  var lossProbability: Double
  /// The flows that wait for their turn, linked by ``SimulatedFlow/next``; −1 for none.
  var head: Int32 = -1
  var tail: Int32 = -1
  /// The flow whose piece is being sent, or −1.
  var current: Int32 = -1
  var currentBytes = 0
  /// The connection's generation when the piece was begun: a piece of a broken one comes to
  /// nothing.
  var currentGeneration: UInt32 = 0
  var busyUntil: Int64 = 0
  /// Datagrams go before pieces that have not begun: until when they need the link.
  var reservedUntil: Int64 = 0
  var streamBytes = 0
  var datagramBytes = 0
  var droppedDatagramCount = 0
}

/// A connection's way over one of the links on its path. Like TCP's sequence numbers, one count
/// says it all: what the flow before has forwarded and this one has not is waiting here.
struct SimulatedFlow {
  let connection: Int32
  let link: Int32
  /// The bytes of the connection that are through this link.
  var forwarded = 0
  /// The next flow that waits for the same link.
  var next: Int32 = -1
  /// Whether it waits for the link, or has a piece on it.
  var isScheduled = false

  init(connection: Int32, link: Int32) {
    self.connection = connection
    self.link = link
  }
}

/// What is sent one way between two nodes over one channel: a stream of messages. The other way is
/// a connection of its own that opens and breaks with it.
struct SimulatedConnection {
  enum State {
    case closed, opening, open
  }

  let source: Int32
  let destination: Int32
  let channel: UInt8
  let tier: Tier
  let firstFlow: Int32
  let flowCount: Int32
  var state = State.closed
  /// There is no path; ``stalledSince`` says since when.
  var isStalled = false
  var stalledSince: Int64 = 0
  /// Counts how often it broke.
  var generation: UInt32 = 0
  /// The bytes of all its messages, with what the packets cost.
  var enqueued = 0
  /// The bytes that are through the receiver's link, and read from its socket.
  var consumed = 0
  /// What a stopped sender had handed to its kernel.
  var sendLimit = Int.max
  /// The messages that are not yet through, linked by ``Envelope/next``; −1 for none.
  var head: Int32 = -1
  var tail: Int32 = -1
  /// The next notice that is due, and the last; −1 for none.
  var noticeHead: Int32 = -1
  var noticeTail: Int32 = -1
  /// When its last message arrives: a later one is not earlier.
  var lastArrival: Int64 = 0
  var deliveredBytes = 0
  var deliveredCount = 0

  var lastFlow: Int32 { firstFlow + flowCount - 1 }

  init(
    source: Int32, destination: Int32, channel: UInt8, tier: Tier, firstFlow: Int32,
    flowCount: Int32
  ) {
    self.source = source
    self.destination = destination
    self.channel = channel
    self.tier = tier
    self.firstFlow = firstFlow
    self.flowCount = flowCount
  }
}

/// A message or datagram on its way, without its contents.
struct Envelope {
  var source: Int32
  var destination: Int32
  /// −1 for a datagram, and for a message to oneself.
  var connection: Int32
  var generation: UInt32
  /// What the sender said, without the packets' headers.
  var messageBytes: Int
  /// Where it ends in the connection's stream.
  var end: Int
  var next: Int32 = -1
}

/// Somebody wants to know when a message has left.
struct SentNotice {
  var connection: Int32
  var generation: UInt32
  var end: Int
  var token: UInt64
  var next: Int32 = -1
}
