import Glibc
import Logging
import NIOCore
import Synchronization

/// Ends a process whose event loops stand still, so that its connections are reset and its clients
/// go elsewhere: a stock client waits without limit for a data server that is there and silent.
///
/// Every loop ticks once a second; a thread of its own looks once a second. It counts looks rather
/// than time: a process that was stopped for a while as a whole is not taken for one that hangs.
/// While all loops tick, it says so to the process's supervisor, if there is one: to whom such a
/// stop does not remain hidden.
final class LoopWatchdog: Sendable {
  /// Looks without a tick of one loop after which the process is ended.
  static let patience = 8
  /// Such looks after which the supervisor is told nothing any more: a tick may be a little late.
  static let quietAfter = 2

  private let ticks: [Atomic64]
  private let heartbeat: Heartbeat?
  private let logger: Logger
  private let isStopped = Atomic<Bool>(false)

  private final class Atomic64: Sendable {
    let value = Atomic<UInt64>(0)
  }

  private init(loopCount: Int, heartbeat: Heartbeat?, logger: Logger) {
    ticks = (0..<loopCount).map { _ in Atomic64() }
    self.heartbeat = heartbeat
    self.logger = logger
  }

  /// Begins to watch loops. Watching ends with `stop`, or with the process.
  /// - Parameter heartbeat: tells the supervisor that all is well.
  static func start(
    loops: [any EventLoop], heartbeat: Heartbeat? = .inherited, logger: Logger
  ) -> LoopWatchdog {
    let watchdog = LoopWatchdog(loopCount: loops.count, heartbeat: heartbeat, logger: logger)
    for (loop, tick) in zip(loops, watchdog.ticks) {
      loop.scheduleRepeatedTask(initialDelay: .zero, delay: .seconds(1)) { task in
        tick.value.wrappingAdd(1, ordering: .relaxed)
        if watchdog.isStopped.load(ordering: .relaxed) { task.cancel() }
      }
    }
    var thread = pthread_t()
    let context = Unmanaged.passRetained(watchdog)
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<LoopWatchdog>.fromOpaque(context).takeRetainedValue().watch()
        return nil
      }, context.toOpaque())
    if result == 0 {
      pthread_detach(thread)
    } else {
      context.release()
      logger.warning("no thread for the watchdog", metadata: ["errno": "\(result)"])
    }
    return watchdog
  }

  func stop() { isStopped.store(true, ordering: .relaxed) }

  private func watch() {
    var seen = ticks.map { _ in UInt64(0) }
    var missed = ticks.map { _ in 0 }
    // The process is about to end then: it may take its time.
    defer { heartbeat?.end() }
    while !isStopped.load(ordering: .relaxed) {
      if missed.allSatisfy({ $0 < Self.quietAfter }) { heartbeat?.beat() }
      sleep(1)
      for index in ticks.indices {
        let now = ticks[index].value.load(ordering: .relaxed)
        missed[index] = now == seen[index] ? missed[index] + 1 : 0
        seen[index] = now
        if missed[index] >= Self.patience, !isStopped.load(ordering: .relaxed) {
          logger.critical("an event loop hangs: ending the process", metadata: ["loop": "\(index)"])
          abort()
        }
      }
    }
  }
}
