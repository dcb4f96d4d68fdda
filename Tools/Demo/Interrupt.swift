import Dispatch
import Foundation
import Glibc

/// Ctrl-C and SIGTERM: the first ends the work in order, a second ends the program at once.
final class Interrupt {
  private let fired = Slot(false)
  private let sources: [any DispatchSourceSignal]

  /// Whether a signal has come.
  var hasFired: Bool { fired.value }

  init(_ action: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for source in sources {
      source.setEventHandler { [fired] in
        if fired.value { _exit(130) }
        fired.value = true
        action()
      }
      source.resume()
    }
  }
}
