/// How fast a member's link is, as far as what went over it tells.
///
/// Only time counts in which there was more to do than could be done: a member that nobody asked
/// for anything is not slow. The capacity is the best of such times; it fades by half in ten
/// minutes, so that a link that became slow is not believed for ever.
public struct RateMeter: Sendable {
  private var lastSent = 0
  private var lastReceived = 0
  private var lastAt: Duration?
  private var wasBusy = false
  private var busySamples = 0
  private var best = 0.0
  /// Samples before a capacity is spoken of: the first moments of a storm are slow everywhere.
  private static let samplesNeeded = 3

  public init() {}

  /// To be called about five times a second with what was counted so far.
  /// - Parameter isBusy: there is more to do than is done at once.
  /// - Returns: bytes a second sent lately, and of the link, 0 while it is not known.
  public mutating func sample(
    sentBytes: Int, receivedBytes: Int, isBusy: Bool, now: Duration
  ) -> (egress: Double, capacity: Double) {
    defer {
      lastSent = sentBytes
      lastReceived = receivedBytes
      lastAt = now
      wasBusy = isBusy
    }
    guard let lastAt else { return (0, 0) }
    let seconds = (now - lastAt).inSeconds
    guard seconds > 0 else { return (0, capacity) }
    let sent = Double(max(0, sentBytes - lastSent)) / seconds
    let received = Double(max(0, receivedBytes - lastReceived)) / seconds
    best *= 1 - min(1, seconds / 865)
    if isBusy, wasBusy, max(sent, received) > 0 {
      busySamples += 1
      best = max(best, sent, received)
    }
    return (sent, capacity)
  }

  private var capacity: Double { busySamples >= Self.samplesNeeded ? best : 0 }
}
