import Glibc

/// What a supervisor does with the process that it watches, which sends a beat about once a second
/// while all is well with it.
///
/// States: running (no beat yet → beating → silent for too long: killed) → ended → waiting until it
/// is started again → running; or, from any of them, finished. A value: the supervisor tells what
/// happens and does what it is told.
///
/// Looks are counted rather than time: a machine that was suspended, or a supervisor that was
/// stopped together with its process, is not taken for a process that hangs.
struct Supervision {
  /// How a process ended.
  enum Ending: Equatable {
    case code(Int32)
    case signal(Int32)
  }

  enum Event: Equatable {
    /// The process says that all is well.
    case beat
    /// A second passed without anything else.
    case look
    /// The process says nothing any more, of its own will: it is about to end.
    case farewell
    case ended(Ending)
    /// The supervisor was sent a signal.
    case signal(Int32)
  }

  enum Directive: Equatable {
    case start
    case forward(Int32)
    /// End the process at once: it hangs.
    case kill
    /// It ended, and is started again after so many looks.
    case restarting(Ending, afterLooks: Int)
    /// End with this status.
    case finish(Int32)
  }

  /// Looks without a beat after which a process is killed.
  static let patience = 8
  /// Beats after which a process counts as one that works.
  static let soundBeats = 60
  /// The most looks until a process is started again.
  static let longestDelay = 32

  private enum Phase {
    case running
    case waiting(looks: Int)
  }

  private var phase = Phase.running
  private var beats = 0
  private var silentLooks = 0
  private var hasSaidFarewell = false
  private var isStopping = false
  private var nextDelay = 0

  /// - Returns: what to do, in order. The first process is running when the first event comes.
  mutating func handle(_ event: Event) -> [Directive] {
    switch event {
    case .beat:
      beats += 1
      silentLooks = 0
      if beats == Self.soundBeats { nextDelay = 0 }
      return []
    case .look: return look()
    case .farewell:
      hasSaidFarewell = true
      return []
    case .ended(let ending): return ended(ending)
    case .signal(let signal):
      isStopping = isStopping || signal != SIGHUP
      guard case .waiting = phase else { return [.forward(signal)] }
      return isStopping ? [.finish(0)] : []
    }
  }

  private mutating func look() -> [Directive] {
    switch phase {
    case .waiting(let looks) where looks > 1:
      phase = .waiting(looks: looks - 1)
      return []
    case .waiting:
      begin()
      return [.start]
    case .running:
      // Before its first beat it may read a large cache.
      guard beats > 0, !hasSaidFarewell else { return [] }
      silentLooks += 1
      return silentLooks == Self.patience ? [.kill] : []
    }
  }

  private mutating func ended(_ ending: Ending) -> [Directive] {
    switch ending {
    case .code(let code): return [.finish(code)]
    case .signal(let signal):
      // What ends before it ever worked would do so again.
      guard !isStopping, beats > 0 else { return [.finish(128 + signal)] }
      let delay = nextDelay
      nextDelay = min(max(1, 2 * nextDelay), Self.longestDelay)
      guard delay > 0 else {
        begin()
        return [.restarting(ending, afterLooks: 0), .start]
      }
      phase = .waiting(looks: delay)
      return [.restarting(ending, afterLooks: delay)]
    }
  }

  private mutating func begin() {
    phase = .running
    beats = 0
    silentLooks = 0
    hasSaidFarewell = false
  }
}
