/// Something in the laboratory did not come up or did not answer: what was done, what came back,
/// and the last lines of the log that tells more.
public struct LabError: Error, CustomStringConvertible {
  /// What went wrong, in one sentence.
  public let message: String

  /// The end of the log or console that belongs to it; empty if there is none.
  public let logTail: String

  /// - Parameters:
  ///   - message: what was done and what came back.
  ///   - logTail: the end of the log that tells more.
  public init(_ message: String, logTail: String = "") {
    self.message = message
    self.logTail = logTail
  }

  public var description: String {
    logTail.isEmpty ? message : message + "\n--- end of its log:\n" + logTail
  }
}
