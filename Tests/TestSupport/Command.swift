import Foundation
import Glibc

/// A program to start: its arguments, the network namespace it runs in, and where its standard
/// descriptors go.
struct Command {
  /// Where a standard descriptor leads.
  enum Stream {
    case null
    case descriptor(Int32)
    /// Appended to, made if missing, readable by all.
    case file(String)
  }

  var arguments: [String]
  /// A name under /run/netns; nil for the caller's own namespace.
  var namespace: String?
  var environment: [String: String] = [:]
  var input = Stream.null
  var output = Stream.null
  var error = Stream.null
  /// Descriptor number in the child → descriptor of ours.
  var inherited: [Int32: Int32] = [:]

  init(_ arguments: [String], in namespace: String? = nil) {
    self.arguments = arguments
    self.namespace = namespace
  }

  /// The full path of a program, searched in PATH and where Debian keeps programs for root.
  static func locate(_ program: String) -> String? {
    if program.contains("/") { return access(program, X_OK) == 0 ? program : nil }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    let folders = path.split(separator: ":").map(String.init) + ["/usr/sbin", "/sbin"]
    return folders.map { $0 + "/" + program }.first { access($0, X_OK) == 0 }
  }

  /// Starts it as the leader of a session of its own.
  /// - Returns: its process id; the caller has to wait for it.
  /// - Throws: ``LabError`` if a program is missing or cannot be started.
  func spawn() throws -> pid_t {
    var words = arguments
    if let namespace {
      // nsenter becomes the program (no fork), so the process id is the program's.
      words = ["nsenter", "--net=/run/netns/\(namespace)", "--"] + words
    }
    guard let name = words.first, let program = Command.locate(name) else {
      throw LabError("\(words.first ?? "an empty command") is not installed")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    try add(input, as: 0, to: &actions)
    try add(output, as: 1, to: &actions)
    try add(error, as: 2, to: &actions)
    for (theirs, ours) in inherited.sorted(by: { $0.key < $1.key }) {
      posix_spawn_file_actions_adddup2(&actions, ours, theirs)
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD] {
      sigaddset(&signals, signal)
    }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | 0x80  // POSIX_SPAWN_SETSID
    posix_spawnattr_setflags(&attributes, Int16(flags))

    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      .map { "\($0)=\($1)" }
    let argv = words.map { strdup($0) } + [nil]
    let envp = variables.map { strdup($0) } + [nil]
    defer { for pointer in argv + envp { free(pointer) } }
    var pid: pid_t = 0
    let status = posix_spawn(&pid, program, &actions, &attributes, argv, envp)
    guard status == 0 else {
      throw LabError("\(program) cannot be started: \(String(cString: strerror(status)))")
    }
    return pid
  }

  private func add(
    _ stream: Stream, as number: Int32, to actions: inout posix_spawn_file_actions_t
  ) throws {
    switch stream {
    case .null:
      posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
    case .descriptor(let descriptor):
      posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    case .file(let path):
      posix_spawn_file_actions_addopen(
        &actions, number, path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    }
  }
}
