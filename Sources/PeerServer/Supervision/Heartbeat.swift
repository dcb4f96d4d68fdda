import CLinux
import Glibc
import Synchronization

/// What a process under a `Supervisor` says once a second: that all is well.
public final class Heartbeat: Sendable {
  /// Names the pipe's descriptor and the supervisor's process: `FD PID`.
  static let variable = "P2PNFSD_SUPERVISED"

  /// That of this process; nil if nobody watches it. The first use has the process die with its
  /// supervisor, and hides the pipe from programs that it starts.
  public static let inherited: Heartbeat? = {
    guard let text = getenv(variable).map({ String(cString: $0) }) else { return nil }
    unsetenv(variable)
    let numbers = text.split(separator: " ").compactMap { Int32($0) }
    guard numbers.count == 2, numbers[0] > STDERR_FILENO,
      fcntl(numbers[0], F_SETFD, FD_CLOEXEC) == 0,
      // A supervisor that does not read must not keep this process waiting.
      fcntl(numbers[0], F_SETFL, O_WRONLY | O_NONBLOCK) == 0
    else { return nil }
    _ = clinux_die_with_parent(SIGKILL)
    // It may have been gone before that.
    if getppid() != numbers[1] { _exit(EXIT_FAILURE) }
    return Heartbeat(descriptor: numbers[0])
  }()

  private let descriptor: Mutex<Int32>

  init(descriptor: Int32) { self.descriptor = Mutex(descriptor) }

  /// All is well.
  func beat() {
    descriptor.withLock { descriptor in
      guard descriptor >= 0 else { return }
      var byte: UInt8 = 1
      _ = write(descriptor, &byte, 1)
    }
  }

  /// Nothing more is said: the process is about to end.
  func end() {
    descriptor.withLock { descriptor in
      if descriptor >= 0 { close(descriptor) }
      descriptor = -1
    }
  }
}
