/// Lifeguard's local health multiplier: how much we trust ourselves to be on time.
///
/// Our own failed probes, nacks that stay away, refutations and late calls raise the score;
/// answered probes lower it. Probe interval and timeout are multiplied by 1 + score.
struct LocalHealth: Sendable {
  private(set) var score = 0
  private let maximum: Int

  init(maximum: Int) { self.maximum = max(0, maximum) }

  mutating func change(by delta: Int) { score = min(maximum, max(0, score + delta)) }

  func scaled(_ duration: Duration) -> Duration { duration * (1 + score) }
}
