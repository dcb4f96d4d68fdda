import Foundation
import Glibc

/// One line on standard error that is rewritten, on a terminal only.
final class Progress {
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var shownAt = ContinuousClock.now

  /// Shows a line instead of the last one, at most ten times a second.
  func show(_ text: String) {
    guard isTerminal, ContinuousClock.now - shownAt > .milliseconds(100) else { return }
    shownAt = .now
    put("\r\u{1b}[K" + text)
  }

  /// Takes the line away.
  func clear() {
    if isTerminal { put("\r\u{1b}[K") }
  }

  private func put(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
