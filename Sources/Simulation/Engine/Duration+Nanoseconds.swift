extension Duration {
  /// The nanoseconds of the duration, rounded up, so that no timer fires before its deadline;
  /// beyond Int64 (292 years) its nearest value.
  ///
  /// The engine counts in Int64 inside, because a heap of `Duration`s is twice as slow.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min : .max }
    let (sum, carry) = whole.addingReportingOverflow(Self.roundedUp(attoseconds))
    return carry ? (seconds < 0 ? .min : .max) : sum
  }

  /// Division of a negative number rounds up by itself.
  private static func roundedUp(_ attoseconds: Int64) -> Int64 {
    (attoseconds + (attoseconds > 0 ? 999_999_999 : 0)) / 1_000_000_000
  }

  /// The duration as a floating-point number of seconds, for reports.
  var inSeconds: Double {
    let (seconds, attoseconds) = components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
