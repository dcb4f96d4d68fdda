/// Everything that happened in a run, in order: always as a 64-bit digest, on demand as text, one
/// line an event. Two runs of one seed have equal digests, and texts that are equal to the byte.
///
/// A line is `NANOSECONDS KIND A B C D`; what A to D are depends on the kind: sender, receiver,
/// bytes and ``SimulatedMessage/traceCode`` of a `delivery` or `datagram`; first the node, then
/// token or peer of the others.
public struct EventTrace {
  /// The number of lines.
  public private(set) var eventCount = 0
  /// A digest of all lines so far. It is for comparing runs, not against forgery.
  public private(set) var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  private let text: TraceText?

  /// A trace that writes its lines to `text` too, at some ten times the cost.
  public init(text: TraceText? = nil) {
    self.text = text
  }

  /// Adds one line.
  @inline(__always)
  mutating func record(
    _ kind: StaticString, code: UInt8, at nanoseconds: Int64, _ a: Int64, _ b: Int64, _ c: Int64,
    _ d: Int64
  ) {
    eventCount += 1
    var hash = mix(digest, UInt64(bitPattern: nanoseconds) ^ UInt64(code) << 56)
    hash = mix(hash, UInt64(bitPattern: a) << 32 ^ UInt64(bitPattern: b))
    hash = mix(hash, UInt64(bitPattern: c))
    digest = mix(hash, UInt64(bitPattern: d))
    if let text { text.append("\(nanoseconds) \(kind) \(a) \(b) \(c) \(d)") }
  }

  /// Adds one event.
  @inline(__always)
  mutating func record(
    _ kind: SimulatedEvent.Kind, at nanoseconds: Int64, _ a: Int64, _ b: Int64 = 0, _ c: Int64 = 0,
    _ d: Int64 = 0
  ) {
    record(kind.word, code: kind.rawValue, at: nanoseconds, a, b, c, d)
  }

  /// FNV-1a over 64-bit words, and a fold so that high bits reach low ones.
  @inline(__always)
  private func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let product = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    return product ^ product >> 29
  }
}

extension SimulatedEvent.Kind {
  /// The word of the trace.
  var word: StaticString {
    switch self {
    case .start: "start"
    case .forwarded: "forwarded"
    case .delivery: "delivery"
    case .datagram: "datagram"
    case .timer: "timer"
    case .disk: "disk"
    case .sent: "sent"
    case .disconnected: "disconnected"
    case .established: "established"
    case .stalled: "stalled"
    case .fault: "fault"
    }
  }
}
