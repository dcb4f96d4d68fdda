import Dispatch
import Glibc
import Synchronization

/// Ctrl-C and SIGTERM: the first ends the work in order, a second ends the program at once.
final class Interrupt {
  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  private let fired = Flag()
  private let sources: [any DispatchSourceSignal]

  /// Whether a signal has come.
  var hasFired: Bool { fired.isSet.load(ordering: .relaxed) }

  init(_ action: @escaping @Sendable () -> Void) {
    sources = [SIGINT, SIGTERM].map { number in
      signal(number, SIG_IGN)
      return DispatchSource.makeSignalSource(signal: number, queue: .global())
    }
    for source in sources {
      source.setEventHandler { [fired] in
        if fired.isSet.exchange(true, ordering: .relaxed) { _exit(130) }
        action()
      }
      source.resume()
    }
  }
}
