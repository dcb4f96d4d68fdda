import FoundationEssentials
import CLinux
import Glibc
public import Logging
import Synchronization

/// Runs this program once more as a child, and ends and starts it again when it hangs.
///
/// A stock client waits without limit for a data server whose connection is there and silent, and
/// nothing inside a process that was stopped or is deadlocked can close its connections. So another
/// process has to. See `Supervision` for what it does when.
///
/// The child has the supervisor's descriptors, directory, environment and process group. Signals
/// to end and to reload go on to it. It dies with the supervisor.
public struct Supervisor {
  private let program: String
  private let arguments: [String]
  private let lookMilliseconds: Int32
  private let logger: Logger

  /// - Parameters:
  ///   - program: the path of what to run.
  ///   - arguments: with the program's name first.
  public init(program: String = "/proc/self/exe", arguments: [String], logger: Logger) {
    self.init(program: program, arguments: arguments, lookMilliseconds: 1000, logger: logger)
  }

  init(program: String, arguments: [String], lookMilliseconds: Int32, logger: Logger) {
    self.program = program
    self.arguments = arguments
    self.lookMilliseconds = lookMilliseconds
    self.logger = logger
  }

  /// Runs the program until it ends by itself or this process is asked to end. Blocks the thread:
  /// the child dies with it.
  /// - Returns: the status to end with: the program's own, or 128 and the signal that ended it.
  /// - Throws: `SupervisorError` if there are no descriptors, or the program cannot be started.
  public func run() throws -> Int32 {
    let signals = try SignalPipe()
    defer { signals.close() }
    var supervision = Supervision()
    var child = try start()
    defer { child.heartbeat.close() }
    while true {
      for event in wait(for: child, signals) {
        for directive in supervision.handle(event) {
          switch directive {
          case .start: child = try start()
          case .forward(let signal): kill(child.pid, signal)
          case .kill:
            logger.error(
              "the process hangs: ending it",
              metadata: ["pid": "\(child.pid)", "silent_seconds": "\(Supervision.patience)"])
            kill(child.pid, SIGKILL)
          case .restarting(let ending, let looks):
            child.heartbeat.close()
            logger.error(
              "the process ended: starting it again",
              metadata: ["pid": "\(child.pid)", "ending": "\(ending)", "delay_seconds": "\(looks)"])
          case .finish(let status): return status
          }
        }
      }
    }
  }

  // MARK: The child

  /// A pipe's end, closed once.
  private final class PipeEnd {
    private(set) var descriptor: Int32
    init(_ descriptor: Int32) { self.descriptor = descriptor }
    func close() {
      if descriptor >= 0 { Glibc.close(descriptor) }
      descriptor = -1
    }
  }

  private struct Child {
    let pid: pid_t
    let heartbeat: PipeEnd
  }

  private func start() throws -> Child {
    let (reading, writing) = try makePipe(O_CLOEXEC | O_NONBLOCK)
    defer { close(writing) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    // Onto itself: it is inherited then.
    posix_spawn_file_actions_adddup2(&actions, writing, writing)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    // And those that a program around this one may ignore.
    for signal in SignalPipe.signals + [SIGPIPE, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2] {
      sigaddset(&signals, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var environment = ProcessInfo.processInfo.environment
    environment[Heartbeat.variable] = "\(writing) \(getpid())"
    let argv = arguments.map { strdup($0) } + [nil]
    let envp = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, &actions, &attributes, argv, envp)
    guard status == 0 else {
      close(reading)
      throw SupervisorError(
        description: "\(program) cannot be started: \(String(cString: strerror(status)))")
    }
    return Child(pid: pid, heartbeat: PipeEnd(reading))
  }

  // MARK: Waiting

  /// - Returns: what happened; a look if that was nothing.
  private func wait(for child: Child, _ signals: SignalPipe) -> [Supervision.Event] {
    var descriptors = [
      pollfd(fd: signals.reading, events: Int16(POLLIN), revents: 0),
      // A negative descriptor is passed over.
      pollfd(fd: child.heartbeat.descriptor, events: Int16(POLLIN), revents: 0),
    ]
    let count = poll(&descriptors, nfds_t(descriptors.count), lookMilliseconds)
    guard count != 0 else { return [.look] }
    var events: [Supervision.Event] = []
    if descriptors[1].revents != 0 {
      let bytes = readAll(child.heartbeat.descriptor)
      if bytes.count > 0 { events.append(.beat) }
      if bytes.hasEnded {
        child.heartbeat.close()
        events.append(.farewell)
      }
    }
    for signal in signals.take() where signal != SIGCHLD { events.append(.signal(signal)) }
    var status: Int32 = 0
    if waitpid(child.pid, &status, WNOHANG) == child.pid {
      let signal = status & 0x7f
      events.append(.ended(signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)))
    }
    return events
  }
}

/// Why a program cannot be supervised.
public struct SupervisorError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

private func makePipe(_ flags: Int32) throws -> (reading: Int32, writing: Int32) {
  var ends: [Int32] = [-1, -1]
  let result = clinux_pipe2(&ends, flags)
  guard result == 0 else {
    throw SupervisorError(description: "no pipe: \(String(cString: strerror(Int32(-result))))")
  }
  return (ends[0], ends[1])
}

/// Everything that can be read without waiting.
private func readAll(_ descriptor: Int32) -> (bytes: [UInt8], count: Int, hasEnded: Bool) {
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 256)
  while true {
    let count = read(descriptor, &buffer, buffer.count)
    if count > 0 { bytes += buffer[..<count] }
    if count < 0, errno == EINTR { continue }
    if count <= 0 { return (bytes, bytes.count, count == 0) }
  }
}

/// Where the signal handler writes; a handler can be given nothing.
private let signalDescriptor = Atomic<Int32>(-1)

/// Signals as bytes in a pipe, so that they can be waited for together with others. One at a time.
private struct SignalPipe {
  static let signals = [SIGTERM, SIGINT, SIGHUP, SIGCHLD]

  let reading: Int32
  private let writing: Int32

  init() throws {
    (reading, writing) = try makePipe(O_CLOEXEC | O_NONBLOCK)
    signalDescriptor.store(writing, ordering: .sequentiallyConsistent)
    for number in Self.signals {
      signal(number) { number in
        let saved = errno
        var byte = UInt8(truncatingIfNeeded: number)
        _ = write(signalDescriptor.load(ordering: .relaxed), &byte, 1)
        errno = saved
      }
    }
  }

  func take() -> [Int32] { readAll(reading).bytes.map(Int32.init) }

  func close() {
    for number in Self.signals { signal(number, SIG_DFL) }
    signalDescriptor.store(-1, ordering: .sequentiallyConsistent)
    Glibc.close(reading)
    Glibc.close(writing)
  }
}
