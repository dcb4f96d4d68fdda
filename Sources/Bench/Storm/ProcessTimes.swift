/// Processor time of a process, from `/proc/PID/stat`.
public enum ProcessTimes {
  /// The kernel's unit there, which Linux has fixed for programs (USER_HZ).
  private static let ticksPerSecond = 100.0

  /// Seconds in user and kernel mode; nil if the text is none of such a file.
  public static func cpuSeconds(_ text: String) -> Double? {
    // The program's name is in parentheses, and may itself have some, and spaces.
    guard let end = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: end)...].split(separator: " ")
    // Of proc(5), utime and stime are the 14th and 15th field; the name is the second.
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      return nil
    }
    return (user + system) / ticksPerSecond
  }
}
