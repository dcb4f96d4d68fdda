import Foundation
import Glibc
import Synchronization

/// A stock Linux machine on a ``Node``: an unchanged Debian kernel with its own NFS client, its own
/// address on the network, and a shell to run commands in.
///
/// ```
/// booting ──ready──▶ running ──powerOff()──▶ off
///    │                  │
///    └── time out ──────┴── kill(), panic ──▶ dead: run() throws, with the console's end
/// ```
public final class Guest: Sendable {
  /// What programs the guest has.
  public enum Userland: Sendable {
    /// busybox alone; up in about 2 s.
    case busybox
    /// Every program of this machine, whose root file system it has read-only; /tmp, /run and
    /// /mnt are its own.
    case whole
  }

  /// Whom a command runs as.
  public struct User: Sendable, Hashable {
    public var uid: UInt32
    public var gid: UInt32
    public var groups: [UInt32]

    public init(uid: UInt32, gid: UInt32, groups: [UInt32] = []) {
      self.uid = uid
      self.gid = gid
      self.groups = groups
    }
  }

  /// What a command left.
  public struct Output: Sendable {
    /// Its exit status; 128 + number for a signal.
    public var status: Int32
    public var outputBytes: [UInt8]
    public var errorBytes: [UInt8]

    /// Standard output as text.
    public var output: String { String(decoding: outputBytes, as: UTF8.self) }

    /// Standard error as text.
    public var error: String { String(decoding: errorBytes, as: UTF8.self) }
  }

  /// Most guests that a program runs at one time.
  public static let limit = 16

  public let name: String
  public let node: Node
  /// Its IPv4 address, which servers see.
  public let address: String
  public let userland: Userland
  /// The kernel's messages.
  public let consolePath: String

  private let directory: String
  private let interface: String
  private let process: ChildProcess
  private let line: Int32

  fileprivate enum JobEnd: Sendable {
    case done(Int32)
    case guestDied
  }

  private struct State {
    var jobCount = 0
    var jobs: [Int: Eventual<JobEnd>] = [:]
    var dead = false
  }

  private let state: SharedState
  private final class SharedState: Sendable {
    let mutex = Mutex(State())
    let ready = Eventual<Bool>()
  }

  private static let running = Atomic<Int>(0)

  /// Boots a guest and waits until it takes commands.
  /// - Parameters:
  ///   - name: its host name; letters and digits, unique in the network, because a client's
  ///     identity at the server is made of it.
  ///   - address: one from ``Network/reserveAddress()``; by default the next.
  ///   - memoryMiB: 64 and more.
  ///   - limit: how long the boot may take.
  /// - Throws: ``LabError`` with the console's end if it does not come up.
  public static func boot(
    _ name: String, on node: Node, address: String? = nil, userland: Userland = .busybox,
    memoryMiB: Int = 256, within limit: Duration = .seconds(90)
  ) async throws -> Guest {
    let kernel = try await GuestKernel.find()
    guard running.wrappingAdd(1, ordering: .relaxed).newValue <= Guest.limit else {
      running.wrappingSubtract(1, ordering: .relaxed)
      throw LabError("\(Guest.limit) guests run already")
    }
    let guest: Guest
    do {
      guest = try await Guest(
        name: name, node: node, reserved: address, userland: userland, memoryMiB: memoryMiB,
        kernel: kernel)
    } catch {
      running.wrappingSubtract(1, ordering: .relaxed)
      throw error
    }
    guard await guest.state.ready.value(within: limit) == true else {
      guest.kill()
      throw LabError("guest \(name) did not come up within \(limit)", logTail: guest.consoleTail)
    }
    return guest
  }

  private init(
    name: String, node: Node, reserved: String?, userland: Userland, memoryMiB: Int,
    kernel: GuestKernel
  ) async throws {
    self.name = name
    self.node = node
    self.userland = userland
    address = try reserved ?? node.network.reserveAddress()
    let lastByte = address.split(separator: ".").last.flatMap { UInt8($0) } ?? 0
    interface = "tap\(lastByte)"
    directory = node.network.directory + "/guest-\(name)"
    consolePath = node.network.directory + "/guest-\(name).console"
    try await Guest.prepare(directory: directory, kernel: kernel, userland: userland)
    try await node.network.ip(
      node.namespace, "tuntap add \(interface) mode tap",
      "link set \(interface) master br0 up")

    let (ours, theirs) = try Sockets.pair()
    line = ours
    var words = [
      kernel.program, "mem=\(memoryMiB)M", "root=/dev/root", "rootfstype=hostfs", "quiet",
      "panic=-1", "uml_dir=\(directory)", "umid=uml",
      "vec0:transport=tap,ifname=\(interface),depth=128,gro=1",
      "con=null", "ssl=null", "con0=null,fd:1", "ssl0=fd:3",
      "LAB_DIRECTORY=\(directory)/jobs", "LAB_MODULES=\(kernel.modulesDirectory)",
      "LAB_NAME=\(name)", "LAB_ADDRESS=\(address)",
      "LAB_MAC=" + String(format: "02:4c:41:42:00:%02x", Int(lastByte)),
    ]
    switch userland {
    case .busybox: words += ["rootflags=\(directory)/root", "rw", "init=/init"]
    case .whole: words += ["rootflags=/", "ro", "init=\(directory)/root/init"]
    }
    var command = Command(words, in: node.namespace)
    command.output = .file(consolePath)
    command.error = .file(consolePath)
    command.inherited = [3: theirs]
    command.environment = ["HOME": directory]
    defer { Glibc.close(theirs) }
    do {
      process = try ChildProcess(command)
    } catch {
      Glibc.close(ours)
      throw error
    }
    state = SharedState()
    Thread.detachNewThread { [line, state] in
      Guest.listen(on: line, state)
      Guest.running.wrappingSubtract(1, ordering: .relaxed)
    }
  }

  deinit {
    process.send(SIGKILL, toGroup: true)
    state.mutex.withLock { state in
      if !state.dead { _ = shutdown(line, Int32(SHUT_RDWR)) }
    }
  }

  /// Lays out what the guest's init needs.
  private static func prepare(
    directory: String, kernel: GuestKernel, userland: Userland
  ) async throws {
    let files = FileManager.default
    let root = directory + "/root"
    guard !files.fileExists(atPath: directory) else {
      throw LabError("a guest of this name is there already: \(directory)")
    }
    try files.createDirectory(atPath: directory + "/jobs", withIntermediateDirectories: true)
    for folder in ["bin", "etc", "proc", "sys", "dev", "tmp", "run", "mnt", "usr/bin"] {
      try files.createDirectory(
        atPath: root + "/" + folder, withIntermediateDirectories: true)
    }
    try (kernel.modules.joined(separator: "\n") + "\n")
      .write(toFile: directory + "/jobs/modules", atomically: false, encoding: .utf8)
    try GuestScript.initialProgram
      .write(toFile: root + "/init", atomically: false, encoding: .utf8)
    chmod(root + "/init", 0o755)
    guard userland == .busybox, let busybox = Command.locate("busybox") else { return }
    try files.copyItem(atPath: busybox, toPath: root + "/bin/busybox")
    for name in try await ChildProcess.check([busybox, "--list"]).split(separator: "\n") {
      try? files.createSymbolicLink(
        atPath: root + "/bin/" + name, withDestinationPath: "busybox")
    }
    try "root:x:0:0::/tmp:/bin/sh\n"
      .write(toFile: root + "/etc/passwd", atomically: false, encoding: .utf8)
    try "root:x:0:\n".write(toFile: root + "/etc/group", atomically: false, encoding: .utf8)
  }

  /// Reads the guest's answers until it is gone.
  private static func listen(on line: Int32, _ state: SharedState) {
    var pending: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = read(line, &buffer, buffer.count)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      pending += buffer[..<count]
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let text = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        let words = text.split(whereSeparator: \.isWhitespace)
        if words.first == "ready" { state.ready.resolve(true) }
        if words.count == 3, words[0] == "done", let number = Int(words[1]),
          let status = Int32(words[2])
        {
          state.mutex.withLock { $0.jobs.removeValue(forKey: number) }?.resolve(.done(status))
        }
      }
    }
    state.ready.resolve(false)
    let jobs = state.mutex.withLock { state -> [Eventual<JobEnd>] in
      state.dead = true
      Glibc.close(line)
      defer { state.jobs = [:] }
      return Array(state.jobs.values)
    }
    for job in jobs { job.resolve(.guestDied) }
  }

  /// The last lines of the console.
  public var consoleTail: String { Log.tail(of: consolePath) }

  /// Whether the kernel runs.
  public var isRunning: Bool { process.isRunning }

  /// A command that runs in the guest.
  public struct Job: Sendable {
    fileprivate let guest: Guest
    fileprivate let number: Int
    fileprivate let command: String
    fileprivate let end: Eventual<JobEnd>

    /// Waits for its end.
    /// - Throws: ``LabError`` if it runs longer than `limit` (it is killed then) or the guest died.
    public func output(within limit: Duration = .seconds(60)) async throws -> Output {
      switch await end.value(within: limit) {
      case .done(let status):
        let path = "\(guest.directory)/jobs/\(number)"
        defer {
          for suffix in ["sh", "body", "out", "err"] { unlink("\(path).\(suffix)") }
        }
        return Output(
          status: status,
          outputBytes: [UInt8](FileManager.default.contents(atPath: path + ".out") ?? Data()),
          errorBytes: [UInt8](FileManager.default.contents(atPath: path + ".err") ?? Data()))
      case .guestDied:
        throw LabError(
          "guest \(guest.name) died while it ran: \(command)", logTail: guest.consoleTail)
      case nil:
        kill()
        throw LabError(
          "guest \(guest.name): not done within \(limit): \(command)",
          logTail: guest.consoleTail)
      }
    }

    /// Whether it has ended.
    public var isDone: Bool { end.current != nil }

    /// Kills it and what it started.
    public func kill() { guest.order("kill \(number)") }
  }

  /// Starts a shell command; it and others may run side by side.
  public func start(_ command: String, as user: User? = nil) throws -> Job {
    let end = Eventual<JobEnd>()
    let number = state.mutex.withLock { state -> Int? in
      guard !state.dead else { return nil }
      state.jobCount += 1
      state.jobs[state.jobCount] = end
      return state.jobCount
    }
    guard let number else {
      throw LabError("guest \(name) is off, no \(command)", logTail: consoleTail)
    }
    let path = "\(directory)/jobs/\(number)"
    let (script, body) = GuestScript.job(
      number, command: command, user: user, userland: userland)
    try body.write(toFile: path + ".body", atomically: false, encoding: .utf8)
    try script.write(toFile: path + ".sh", atomically: false, encoding: .utf8)
    order("run \(number)")
    return Job(guest: self, number: number, command: command, end: end)
  }

  /// Runs a shell command to its end.
  /// - Throws: ``LabError`` if it runs longer than `limit` or the guest dies; not for its exit
  ///   status.
  public func run(
    _ command: String, as user: User? = nil, within limit: Duration = .seconds(60)
  ) async throws -> Output {
    try await start(command, as: user).output(within: limit)
  }

  /// Runs a shell command that has to succeed.
  /// - Returns: its standard output.
  /// - Throws: ``LabError`` with its standard error if its exit status is not 0.
  @discardableResult
  public func check(
    _ command: String, as user: User? = nil, within limit: Duration = .seconds(60)
  ) async throws -> String {
    let result = try await run(command, as: user, within: limit)
    guard result.status == 0 else {
      throw LabError(
        "guest \(name): status \(result.status): \(command)",
        logTail: String(result.error.suffix(2000)) + "\n--- console:\n" + consoleTail)
    }
    return result.output
  }

  /// Gives the guest a file.
  /// - Parameter name: letters and digits; a name is used once.
  /// - Returns: the file's path in the guest.
  public func put(_ bytes: [UInt8], as name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: directory + "/jobs/file-" + name))
    return "/run/lab/file-" + name
  }

  private func order(_ text: String) {
    state.mutex.withLock { state in
      guard !state.dead else { return }
      let bytes = Array((text + "\n").utf8)
      _ = send(line, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Mounts an export over NFSv4.
  /// - Parameters:
  ///   - options: as for mount(8); the addresses are added.
  ///   - directory: below /mnt or /tmp; it is made.
  public func mount(
    _ server: String, path: String = "/", at directory: String = "/mnt/nfs",
    options: String = "vers=4.2", port: UInt16 = 2049, within limit: Duration = .seconds(60)
  ) async throws {
    let all = "addr=\(server),clientaddr=\(address),port=\(port),\(options)"
    try await check(
      "mkdir -p \(directory) && "
        + "busybox mount -i -t nfs4 -o \(all) \(server):\(path) \(directory)",
      within: limit)
  }

  /// Unmounts what ``mount(_:path:at:options:port:within:)`` mounted.
  public func unmount(_ directory: String = "/mnt/nfs", within limit: Duration = .seconds(60))
    async throws
  {
    try await check("busybox umount \(directory)", within: limit)
  }

  /// Empties the guest's page, dentry and inode caches.
  public func dropCaches() async throws {
    try await check("sync; echo 3 > /proc/sys/vm/drop_caches")
  }

  /// How often the client sent each operation for a mount since it was mounted.
  public func operationCounts(at directory: String = "/mnt/nfs") async throws -> [String: Int] {
    let statistics = try await check("cat /proc/self/mountstats")
    var counts: [String: Int] = [:]
    var inMount = false
    for line in statistics.split(separator: "\n") {
      if line.hasPrefix("device ") {
        inMount = line.contains(" mounted on \(directory) ")
        continue
      }
      guard inMount else { continue }
      let words = line.split(whereSeparator: \.isWhitespace)
      // `READ: 12 12 0 …`: operations, transmissions, …
      guard words.count > 8, words[0].last == ":", let count = Int(words[1]) else { continue }
      let name = words[0].dropLast()
      if name == name.uppercased() { counts[String(name)] = count }
    }
    return counts
  }

  /// What its own interface carried.
  public func counters() async throws -> InterfaceCounters {
    // The node's end of the wire counts the other way round.
    let seen = try await InterfaceCounters.read(interface, in: node.namespace)
    return InterfaceCounters(
      receivedBytes: seen.sentBytes, receivedPackets: seen.sentPackets,
      sentBytes: seen.receivedBytes, sentPackets: seen.receivedPackets)
  }

  /// Halts it at once without unmounting; kills it if it does not end.
  public func powerOff() async {
    order("off")
    if await process.exit(within: .seconds(10)) == nil { kill() }
    _ = await process.exit(within: .seconds(10))
    await removeInterface()
  }

  /// Ends it as a power cut does.
  public func kill() { process.send(SIGKILL, toGroup: true) }

  private func removeInterface() async {
    _ = try? await ChildProcess.run(["ip", "-n", node.namespace, "link", "del", interface])
  }
}
