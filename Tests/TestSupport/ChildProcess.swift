import Foundation
import Glibc
import Synchronization

/// A running program with the group of everything it started; nothing of it outlives this object
/// or this program.
public final class ChildProcess: Sendable {
  /// How a process ended.
  public enum Exit: Sendable, Equatable, CustomStringConvertible {
    case code(Int32)
    case signal(Int32)

    public var description: String {
      switch self {
      case .code(let code): "exit status \(code)"
      case .signal(let signal): "signal \(signal)"
      }
    }
  }

  /// Its process id, which is also its process group's and session's.
  public let pid: pid_t

  private let ended = Eventual<Exit>()
  /// True once the process id may belong to somebody else.
  private let reaped = Mutex(false)

  init(_ command: Command) throws {
    pid = try command.spawn()
    Reaper.shared.watch(.process, "\(pid)")
    Thread.detachNewThread { [pid, ended, reference = WeakReference(self)] in
      var details = siginfo_t()
      while waitid(P_PID, id_t(pid), &details, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
      // The number stays ours until waitpid: what the process left in its group can be killed.
      Glibc.kill(-pid, SIGKILL)
      let exit: Exit
      if let owner = reference.object {
        exit = owner.reaped.withLock { reaped in
          reaped = true
          return ChildProcess.wait(pid)
        }
      } else {
        exit = ChildProcess.wait(pid)
      }
      Reaper.shared.forget(.process, "\(pid)")
      ended.resolve(exit)
    }
  }

  deinit {
    if ended.current == nil { Glibc.kill(-pid, SIGKILL) }
  }

  private static func wait(_ pid: pid_t) -> Exit {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 && errno == EINTR {}
    let signal = status & 0x7f
    return signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
  }

  /// Whether it has not ended yet.
  public var isRunning: Bool { ended.current == nil }

  /// How it ended, or nil if it still runs after `limit`.
  public func exit(within limit: Duration) async -> Exit? { await ended.value(within: limit) }

  /// Sends a signal to the process, or to everything in its group; nothing if it has ended.
  public func send(_ signal: Int32, toGroup: Bool = false) {
    reaped.withLock { reaped in
      if !reaped { Glibc.kill(toGroup ? -pid : pid, signal) }
    }
  }

  /// SIGTERM, and SIGKILL to the group if that has not ended it within `grace`.
  @discardableResult
  public func end(grace: Duration = .seconds(5)) async -> Exit? {
    send(SIGTERM)
    if let exit = await exit(within: grace) { return exit }
    send(SIGKILL, toGroup: true)
    return await exit(within: .seconds(10))
  }

  /// What a program that ran to its end left.
  struct Output {
    var exit: Exit
    var output: [UInt8]
    var error: [UInt8]
  }

  /// Runs a program to its end and takes its output.
  /// - Throws: ``LabError`` if it cannot be started or runs longer than `limit`.
  static func run(
    _ arguments: [String], in namespace: String? = nil, within limit: Duration = .seconds(30)
  ) async throws -> Output {
    var command = Command(arguments, in: namespace)
    // As in a guest: sorting and messages do not depend on the caller's language.
    command.environment = ["LC_ALL": "C.UTF-8"]
    let output = try PipeReader()
    let error = try PipeReader()
    command.output = .descriptor(output.writeEnd)
    command.error = .descriptor(error.writeEnd)
    let process: ChildProcess
    do {
      process = try ChildProcess(command)
    } catch let failure {
      output.closeWriteEnd()
      error.closeWriteEnd()
      throw failure
    }
    output.closeWriteEnd()
    error.closeWriteEnd()
    guard let exit = await process.exit(within: limit) else {
      process.send(SIGKILL, toGroup: true)
      throw LabError("\(arguments.joined(separator: " ")): still running after \(limit)")
    }
    return Output(
      exit: exit, output: await output.everything.value(within: .seconds(5)) ?? [],
      error: await error.everything.value(within: .seconds(5)) ?? [])
  }

  /// Runs a program that has to succeed.
  /// - Returns: its standard output as text.
  /// - Throws: ``LabError`` with its standard error if its exit status is not 0.
  @discardableResult
  static func check(
    _ arguments: [String], in namespace: String? = nil, within limit: Duration = .seconds(30)
  ) async throws -> String {
    let result = try await run(arguments, in: namespace, within: limit)
    guard result.exit == .code(0) else {
      throw LabError(
        "\(arguments.joined(separator: " ")): \(result.exit)",
        logTail: String(decoding: result.error.suffix(4000), as: UTF8.self))
    }
    return String(decoding: result.output, as: UTF8.self)
  }
}

/// Lets the thread that waits for a process not keep its object alive.
private final class WeakReference: Sendable {
  private let storage: Mutex<Box>

  private struct Box: @unchecked Sendable {
    // Guarded by the mutex; ChildProcess itself is Sendable.
    weak var object: ChildProcess?
  }

  init(_ object: ChildProcess) { storage = Mutex(Box(object: object)) }

  var object: ChildProcess? { storage.withLock { $0.object } }
}

/// Reads what a child writes, to its end, on a thread of its own.
final class PipeReader: Sendable {
  let everything = Eventual<[UInt8]>()
  let writeEnd: Int32

  /// - Parameter chunk: called on the reading thread with each piece as it arrives; nothing is
  ///   collected then.
  init(chunk: (@Sendable ([UInt8]) -> Void)? = nil) throws {
    let (readEnd, writeEnd) = try Sockets.pair()
    self.writeEnd = writeEnd
    Thread.detachNewThread { [everything] in
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = read(readEnd, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        if let chunk { chunk(Array(buffer[..<count])) } else { all += buffer[..<count] }
      }
      Glibc.close(readEnd)
      everything.resolve(all)
    }
  }

  func closeWriteEnd() { Glibc.close(writeEnd) }
}
