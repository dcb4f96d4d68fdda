/// How fast a member's link is, as far as what went over it tells.
///
/// Only time counts in which there was more to do than could be done: a member that nobody asked
/// for anything is not slow. The capacity is the best of such times; it fades by half in ten
/// minutes, so that a link that became slow is not believed for ever.
public struct RateMeter: Sendable {
  private struct Mark: Sendable {
    var sent: Int
    var received: Int
    var at: Duration
  }

  private var last: Mark?
  /// Where the busy time began, about half a second ago.
  private var marks: [Mark] = []
  private var best = 0.0
  /// A shorter time says little: a slow link brings a whole block in one of five looks a second,
  /// and none in the others.
  private static let leastSeconds = 0.55

  public init() {}

  /// To be called about five times a second with what was counted so far.
  /// - Parameter isBusy: there is more to do than is done at once.
  /// - Returns: bytes a second sent lately, and of the link, 0 while it is not known.
  public mutating func sample(
    sentBytes: Int, receivedBytes: Int, isBusy: Bool, now: Duration
  ) -> (egress: Double, capacity: Double) {
    let mark = Mark(sent: sentBytes, received: receivedBytes, at: now)
    defer { last = mark }
    guard let last else {
      if isBusy { marks = [mark] }
      return (0, 0)
    }
    let seconds = (now - last.at).inSeconds
    guard seconds > 0 else { return (0, best) }
    best *= 1 - min(1, seconds / 865)
    if isBusy {
      marks.append(mark)
      while marks.count > 2, (now - marks[1].at).inSeconds >= Self.leastSeconds {
        marks.removeFirst()
      }
      let first = marks[0]
      let span = (now - first.at).inSeconds
      if span >= Self.leastSeconds {
        let bytes = max(sentBytes - first.sent, receivedBytes - first.received, 0)
        best = max(best, Double(bytes) / span)
      }
    } else {
      marks = []
    }
    return (Double(max(0, sentBytes - last.sent)) / seconds, best)
  }
}
