import Foundation
import Glibc
import Synchronization

/// What goes on, on standard error: one line that is rewritten on a terminal, a line every five
/// seconds elsewhere.
final class Progress: Sendable {
  private struct State {
    var isLineOpen = false
    var lastPlainLine = ContinuousClock.now - .seconds(60)
  }

  private let isTerminal = isatty(STDERR_FILENO) == 1
  private let state = Mutex(State())

  /// A line that stays.
  func note(_ text: String) {
    let wasOpen = state.withLock { state in
      defer { state.isLineOpen = false }
      return state.isLineOpen
    }
    put((wasOpen ? "\n" : "") + text + "\n")
  }

  /// A line that the next one replaces.
  func show(_ text: String) {
    if isTerminal {
      state.withLock { $0.isLineOpen = true }
      put("\r\u{1b}[K" + text)
      return
    }
    let isDue = state.withLock { state in
      guard ContinuousClock.now - state.lastPlainLine >= .seconds(5) else { return false }
      state.lastPlainLine = .now
      return true
    }
    if isDue { put(text + "\n") }
  }

  private func put(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data(text.utf8))
  }
}
