/// Time since the process began, which goes on while the machine sleeps: leases have to.
enum MonotonicClock {
  private static let start = ContinuousClock.now

  static func now() -> Duration { start.duration(to: .now) }
}

extension Duration {
  /// Whole nanoseconds, within the range of the type.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    return overflow ? (seconds < 0 ? .min : .max) : product + attoseconds / 1_000_000_000
  }
}
