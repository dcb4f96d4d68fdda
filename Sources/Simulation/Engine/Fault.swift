/// What goes wrong, or right again, at a moment of a run.
public enum Fault: Hashable, Sendable {
  /// The node's process is killed: its connections break, and its peers learn that one latency
  /// later. Its disk keeps what it has.
  case kill(Int)
  /// The node loses its power: nobody is told, and what is sent to it stalls.
  case powerOff(Int)
  /// The node starts, if it does not run: for the first time, or again as a new value.
  case start(Int)
  /// The node's process is stopped (SIGSTOP): events wait for it, its connections stay open.
  case stop(Int)
  /// The node's process goes on (SIGCONT).
  case resume(Int)
  /// What the first nodes send does not reach the second ones, and with `bothWays` not the other
  /// way either. Reliable connections need both ways.
  case cut(from: [Int], to: [Int], bothWays: Bool)
  /// All cuts are healed.
  case heal
  /// A link's rate changes, in bytes a second; at least 1.
  case rate(LinkPlace, bytesPerSecond: Int)
  /// The probability that a datagram is lost at a link changes.
  case loss(LinkPlace, probability: Double)
  /// The node's wall clock jumps, ahead or back; its monotonic clock does not notice.
  case jumpClock(Int, by: Duration)
  /// The node's disk changes: slow, or full with a capacity of 0.
  case disk(Int, DiskSpeed)
}

extension Fault {
  /// The node or link that is meant, for the trace; −1 where it is several.
  var subject: Int {
    switch self {
    case .kill(let node), .powerOff(let node), .start(let node), .stop(let node),
      .resume(let node), .jumpClock(let node, _), .disk(let node, _):
      node
    case .cut, .heal, .rate, .loss: -1
    }
  }
}
