import Foundation
import Glibc
import Synchronization

/// What goes on: one line that is rewritten on a terminal, a line every five seconds elsewhere.
final class Progress: Sendable {
  let isTerminal: Bool

  private struct State {
    var isLineOpen = false
    var lastPlainLine: Duration = .zero
  }

  private let handle: FileHandle
  private let state = Mutex(State())

  init(toStandardError: Bool) {
    handle = toStandardError ? .standardError : .standardOutput
    isTerminal = isatty(handle.fileDescriptor) == 1
  }

  /// A line that stays.
  func note(_ text: String) {
    endLine()
    put(text + "\n")
  }

  /// The state of a wave.
  func show(_ name: String, _ counts: Counts, expectedBytes: Int, after time: Duration) {
    let seconds = time / .seconds(1)
    let text =
      "\(name): \(String(format: "%5.1f", seconds)) s"
      + "   arrived \(Text.bytes(counts.arrived)) of \(Text.bytes(expectedBytes))"
      + "   RAM \(Text.bytes(counts.memory))   disk \(Text.bytes(counts.disk + counts.peers))"
      + "   MDS \(Text.bytes(counts.mdsFetched + counts.mdsReads))"
      + "   MDS egress \(Text.bytes(counts.mdsEgress))"
    if isTerminal {
      put("\r\u{1b}[K" + text)
      state.withLock { $0.isLineOpen = true }
      return
    }
    let isDue = state.withLock { state in
      if time < state.lastPlainLine { state.lastPlainLine = .zero }
      guard time - state.lastPlainLine >= .seconds(5) else { return false }
      state.lastPlainLine = time
      return true
    }
    if isDue { put(text + "\n") }
  }

  /// Ends the line that is rewritten.
  func endLine() {
    let wasOpen = state.withLock { state in
      defer { state.isLineOpen = false }
      return state.isLineOpen
    }
    if wasOpen { put("\n") }
  }

  private func put(_ text: String) { try? handle.write(contentsOf: Data(text.utf8)) }
}
