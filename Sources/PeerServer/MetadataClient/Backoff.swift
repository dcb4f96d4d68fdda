/// How long to wait before the next attempt: nothing after success, then from 0.1 s doubling up to
/// 5 s, each between half and all of it, so that a thousand peers do not come back at once.
struct Backoff: Sendable {
  static let first = Duration.milliseconds(100)
  static let limit = Duration.seconds(5)

  private var next = Duration.zero

  mutating func reset() { next = .zero }

  mutating func wait(random: inout some RandomNumberGenerator) -> Duration {
    let full = next
    next = min(Self.limit, max(Self.first, next * 2))
    return full * Double.random(in: 0.5...1, using: &random)
  }
}
