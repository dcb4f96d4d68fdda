import Foundation
import Glibc
import Synchronization

/// A server on a ``Node``, which tells on standard output when it is ready.
public final class Daemon: Sendable {
  /// What the line `ready role=… nfs=HOST:PORT admin=HOST:PORT` says.
  public struct Ready: Sendable, Equatable {
    public var role: String
    public var nfs: Endpoint?
    public var admin: Endpoint?

    /// Reads the line; nil if it is another.
    init?(line: String) {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.first == "ready" else { return nil }
      var values: [Substring: String] = [:]
      for word in words.dropFirst() {
        let parts = word.split(separator: "=", maxSplits: 1)
        if parts.count == 2 { values[parts[0]] = String(parts[1]) }
      }
      guard let role = values["role"] else { return nil }
      self.role = role
      nfs = values["nfs"].flatMap { Endpoint($0) }
      admin = values["admin"].flatMap { Endpoint($0) }
    }
  }

  /// An IPv4 address and a port, as `10.77.0.1:2049`.
  public struct Endpoint: Sendable, Equatable, CustomStringConvertible {
    public var address: String
    public var port: UInt16

    public init?(_ text: some StringProtocol) {
      guard let colon = text.lastIndex(of: ":"),
        let port = UInt16(text[text.index(after: colon)...])
      else { return nil }
      address = String(text[..<colon])
      self.port = port
    }

    public var description: String { "\(address):\(port)" }
  }

  public let name: String
  public let node: Node
  /// What it said when it was ready.
  public let ready: Ready
  /// Everything it wrote to standard output and standard error.
  public let logPath: String

  private let process: ChildProcess

  /// Where the programs of this package are: beside the running one, or in the folder that the
  /// environment variable P2PNFS_PROGRAMS names.
  public static func program(_ name: String) throws -> String {
    var folders: [String] = []
    if let folder = ProcessInfo.processInfo.environment["P2PNFS_PROGRAMS"] {
      folders.append(folder)
    }
    if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      var folder = own
      // A test program lies beside the others, or in a folder in the same place.
      for _ in 0..<4 {
        folder = (folder as NSString).deletingLastPathComponent
        folders.append(folder)
      }
    }
    for folder in folders {
      let path = folder + "/" + name
      if access(path, X_OK) == 0 && FileManager.default.isExecutableFile(atPath: path) {
        return path
      }
    }
    throw LabError("no program \(name) in \(folders.joined(separator: ", ")): build it first")
  }

  /// Starts `p2pnfsd` with a configuration and waits until it is ready.
  /// - Parameters:
  ///   - name: names its files in the network's folder; may be used again when the daemon
  ///     has ended.
  ///   - configuration: the text of its YAML file.
  ///   - program: another program than the one of this package.
  /// - Throws: ``LabError`` with the log's end if it ends first or is not ready within `limit`.
  public static func start(
    _ name: String, on node: Node, configuration: String, program: String? = nil,
    within limit: Duration = .seconds(30)
  ) async throws -> Daemon {
    let path = node.network.directory + "/\(name).yml"
    try configuration.write(toFile: path, atomically: true, encoding: .utf8)
    let program = try program ?? Daemon.program("p2pnfsd")
    return try await start(name, on: node, command: [program, "--config", path], within: limit)
  }

  /// Starts a program that prints a ready line.
  /// - Throws: ``LabError`` with the log's end if it ends first or is not ready within `limit`.
  public static func start(
    _ name: String, on node: Node, command arguments: [String],
    within limit: Duration = .seconds(30)
  ) async throws -> Daemon {
    let logPath = node.network.directory + "/\(name).log"
    let log = open(logPath, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    guard log >= 0 else { throw LabError("\(logPath) cannot be written") }
    let ready = Eventual<Ready?>()
    let scanner = ReadyScanner()
    let output = try PipeReader { chunk in
      _ = chunk.withUnsafeBytes { write(log, $0.baseAddress, $0.count) }
      if let found = scanner.scan(chunk) { ready.resolve(found) }
    }
    Task.detached {
      _ = await output.everything.value(within: .seconds(1_000_000))
      Glibc.close(log)
      ready.resolve(nil)
    }
    var command = Command(arguments, in: node.namespace)
    command.output = .descriptor(output.writeEnd)
    command.error = .file(logPath)
    // A crash leaves the way to it in the log, and no more than fits in an error.
    command.environment = [
      "SWIFT_BACKTRACE":
        "enable=yes,threads=crashed,registers=none,images=none,color=no,limit=24,interactive=no"
    ]
    let process: ChildProcess
    do {
      defer { output.closeWriteEnd() }
      process = try ChildProcess(command)
    }
    switch await ready.value(within: limit) {
    case .some(.some(let line)):
      return Daemon(name: name, node: node, ready: line, logPath: logPath, process: process)
    case .some(.none):
      let exit = await process.exit(within: .seconds(1))
      throw LabError(
        "\(name) ended before it was ready: \(exit.map { "\($0)" } ?? "output closed")",
        logTail: Log.tail(of: logPath))
    case .none:
      process.send(SIGKILL, toGroup: true)
      throw LabError("\(name) was not ready within \(limit)", logTail: Log.tail(of: logPath))
    }
  }

  private init(
    name: String, node: Node, ready: Ready, logPath: String, process: ChildProcess
  ) {
    self.name = name
    self.node = node
    self.ready = ready
    self.logPath = logPath
    self.process = process
  }

  /// The process id of what serves: of the program's child, where the program only watches over
  /// another one of its own kind.
  public var pid: pid_t {
    let own = process.pid
    let files = FileManager.default
    let program = try? files.destinationOfSymbolicLink(atPath: "/proc/\(own)/exe")
    let threads = (try? files.contentsOfDirectory(atPath: "/proc/\(own)/task")) ?? []
    for thread in threads {
      let path = "/proc/\(own)/task/\(thread)/children"
      let children = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      for child in children.split(separator: " ").compactMap({ pid_t($0) })
      where (try? files.destinationOfSymbolicLink(atPath: "/proc/\(child)/exe")) == program {
        return child
      }
    }
    return own
  }

  /// Whether it has not ended.
  public var isRunning: Bool { process.isRunning }

  /// How it ended, or nil if it still runs after `limit`.
  public func exit(within limit: Duration) async -> ChildProcess.Exit? {
    await process.exit(within: limit)
  }

  /// The last lines it wrote.
  public var logTail: String { Log.tail(of: logPath) }

  /// SIGTERM, and waits for the end.
  /// - Returns: how it ended.
  /// - Throws: ``LabError`` with the log's end if it has not ended within `limit`; it is killed
  ///   then.
  @discardableResult
  public func terminate(within limit: Duration = .seconds(20)) async throws -> ChildProcess.Exit {
    process.send(SIGTERM)
    if let exit = await process.exit(within: limit) { return exit }
    process.send(SIGKILL, toGroup: true)
    throw LabError("\(name) did not end within \(limit) of SIGTERM", logTail: logTail)
  }

  /// SIGKILL, and waits for the end.
  public func kill() async {
    process.send(SIGKILL, toGroup: true)
    _ = await process.exit(within: .seconds(10))
  }

  /// SIGKILL to the process that was started and to nothing else.
  public func killAlone() { process.send(SIGKILL) }

  /// SIGHUP.
  public func reload() { process.send(SIGHUP) }

  /// SIGSTOP: it answers nothing, and its connections stay open.
  public func stop() { process.send(SIGSTOP, toGroup: true) }

  /// SIGCONT.
  public func resume() { process.send(SIGCONT, toGroup: true) }

  /// Its resident memory in bytes, from /proc.
  public func residentBytes() throws -> Int {
    let status = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
    for line in status.split(separator: "\n") where line.hasPrefix("VmRSS:") {
      let words = line.split(separator: " ")
      if words.count > 1, let kibibytes = Int(words[1]) { return kibibytes * 1024 }
    }
    throw LabError("no VmRSS of \(name)")
  }

  /// Asks its admin address from its own node.
  /// - Returns: the body of an answer with status 200.
  /// - Throws: ``LabError`` for every other status, or if there is no answer.
  public func get(_ path: String) async throws -> [UInt8] {
    guard let admin = ready.admin else { throw LabError("\(name) told no admin address") }
    let response: HTTPResponse
    do {
      let descriptor = try await node.connect(to: admin.address, port: admin.port)
      response = try await onThread {
        defer { Glibc.close(descriptor) }
        return try HTTPResponse.get(path, host: "\(admin)", over: descriptor)
      }
    } catch let error as LabError {
      let ended = await process.exit(within: .milliseconds(500)).map { ", which ended: \($0)" }
      throw LabError("\(name)\(ended ?? ""): \(error.message)", logTail: logTail)
    }
    guard response.status == 200 else {
      throw LabError("\(name): GET \(path): status \(response.status)")
    }
    return response.body
  }

  /// The body of GET /v1/status, decoded.
  public func status<Status: Decodable>(as type: Status.Type) async throws -> Status {
    let body = try await get("/v1/status")
    do {
      return try JSONDecoder().decode(type, from: Data(body))
    } catch {
      throw LabError(
        "\(name): /v1/status: \(error)", logTail: String(decoding: body.prefix(4000), as: UTF8.self)
      )
    }
  }
}

/// Finds the ready line in a stream of bytes.
private final class ReadyScanner: Sendable {
  private let pending = Mutex<[UInt8]>([])

  func scan(_ chunk: [UInt8]) -> Daemon.Ready? {
    pending.withLock { pending in
      pending += chunk
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        if let ready = Daemon.Ready(line: line) { return ready }
      }
      if pending.count > 65536 { pending.removeAll() }
      return nil
    }
  }
}
