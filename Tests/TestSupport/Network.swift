import Foundation
import Glibc
import Synchronization

/// A network of its own: one bridge, and nodes that hang on it by one link each, every one in its
/// own network namespace. Nothing leads out of it or into it, so port numbers and addresses are
/// free.
///
/// ```
///  node mds                switch                 node one
/// ┌──────────────┐      ┌───────────┐      ┌──────────────────────────┐
/// │ br0 ── eth0 ─┼──────┼─ h1   h2 ─┼──────┼─ eth0 ── br0 ── tap1 (guest) │
/// └──────────────┘      └───────────┘      └──────────────────────────┘
/// ```
///
/// Needs root, or a user namespace in which the caller is root. All of it goes with ``close()``,
/// with the last reference, or with the program, however that ends.
public final class Network: Sendable {
  /// A folder for configurations, logs and scratch files; it goes with the network, unless the
  /// environment variable LAB_KEEP is set.
  public let directory: String

  let prefix: String
  let switchNamespace: String

  private struct State {
    var hostCount = 0
    var lastAddress = 0
    var namespaces: [String] = []
  }

  private let state = Mutex(State())
  private static let networkCount = Atomic<Int>(0)
  private static let namePrefix = "p2pnfs-lab-"

  /// Most addresses a network gives out.
  static let addressLimit = 250

  private init(directory: String, prefix: String) {
    self.directory = directory
    self.prefix = prefix
    switchNamespace = prefix + "switch"
  }

  /// Makes the bridge.
  /// - Throws: ``LabError`` if the caller is not root or the kernel lacks something.
  public static func create() async throws -> Network {
    let number = networkCount.wrappingAdd(1, ordering: .relaxed).newValue
    let base = ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    let template = strdup("\(base)/p2pnfs-lab-\(getpid())-\(number)-XXXXXX")
    defer { free(template) }
    guard let template, mkdtemp(template) != nil else {
      throw LabError("\(base): no folder can be made there")
    }
    let directory = String(cString: template)
    // Users other than root read scripts in it.
    chmod(directory, 0o755)
    let network = Network(
      directory: directory, prefix: "\(namePrefix)\(getpid())-\(number)-")
    if ProcessInfo.processInfo.environment["LAB_KEEP"] == nil {
      Reaper.shared.watch(.directory, directory)
    }
    try await network.addNamespace(network.switchNamespace)
    try await network.ip(
      network.switchNamespace, "link add br0 type bridge", "link set br0 up")
    await leaveToBridge(network.switchNamespace)
    return network
  }

  /// Adds a node with an address of its own.
  /// - Parameter name: letters and digits, unique in this network.
  public func node(_ name: String) async throws -> Node {
    let number = state.withLock { state -> Int in
      state.hostCount += 1
      return state.hostCount
    }
    let address = try reserveAddress()
    let namespace = prefix + name
    try await addNamespace(namespace)
    let port = "h\(number)"
    try await ip(
      switchNamespace,
      "link add \(port) type veth peer name eth0 netns \(namespace)",
      "link set \(port) master br0 up")
    try await ip(
      namespace,
      "link add br0 type bridge", "link set eth0 master br0 up", "link set br0 up",
      "addr add \(address)/16 dev br0")
    await Self.leaveToBridge(namespace)
    return Node(network: self, name: name, address: address, namespace: namespace, port: port)
  }

  /// An address that nobody on this network has, to be named in a configuration before the guest
  /// that gets it is booted.
  /// - Throws: ``LabError`` after 250 addresses.
  public func reserveAddress() throws -> String {
    let number = state.withLock { state -> Int in
      state.lastAddress += 1
      return state.lastAddress
    }
    guard number <= Network.addressLimit else {
      throw LabError("a network has \(Network.addressLimit) addresses at most")
    }
    return "10.77.0.\(number)"
  }

  /// Keeps a firewall of the host out of what a bridge carries, where the kernel has that: it costs
  /// much and finds nothing.
  private static func leaveToBridge(_ namespace: String) async {
    _ = try? await ChildProcess.check([
      "ip", "netns", "exec", namespace, "sh", "-c",
      "for f in /proc/sys/net/bridge/bridge-nf-call-*; do [ ! -e $f ] || echo 0 > $f; done",
    ])
  }

  private func addNamespace(_ name: String) async throws {
    Reaper.shared.watch(.namespace, name)
    state.withLock { $0.namespaces.append(name) }
    try await ChildProcess.check(["ip", "netns", "add", name])
    try await ip(name, "link set lo up")
    // IPv6 would only add its chatter to what the interfaces count.
    _ = try? await Network.inside(name) {
      for scope in ["all", "default"] {
        try? "1".write(
          toFile: "/proc/sys/net/ipv6/conf/\(scope)/disable_ipv6", atomically: false,
          encoding: .utf8)
      }
    }
  }

  /// Runs `ip` with each line of words in a namespace.
  func ip(_ namespace: String, _ lines: String...) async throws {
    for line in lines {
      try await ChildProcess.check(
        ["ip", "-n", namespace] + line.split(separator: " ").map(String.init))
    }
  }

  /// Runs `body` on a thread that has entered a namespace.
  static func inside<Value: Sendable>(
    _ namespace: String, _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await onThread {
      let descriptor = open("/run/netns/\(namespace)", O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw LabError("namespace \(namespace) is gone") }
      defer { Glibc.close(descriptor) }
      guard Sockets.enterNetwork(descriptor) else {
        throw LabError("namespace \(namespace): \(String(cString: strerror(errno)))")
      }
      return try body()
    }
  }

  /// Ends everything that runs on this network and removes it and its folder.
  public func close() async {
    let namespaces = state.withLock { state -> [String] in
      defer { state.namespaces = [] }
      return state.namespaces
    }
    // In a task of its own, so that a cancelled one cleans up as well.
    await Task.detached { for namespace in namespaces { await Network.remove(namespace) } }.value
    Network.removeDirectory(directory)
  }

  deinit {
    for namespace in state.withLock({ $0.namespaces }) {
      Reaper.shared.remove(.namespace, namespace)
    }
    Network.removeDirectory(directory)
  }

  private static func removeDirectory(_ directory: String) {
    guard ProcessInfo.processInfo.environment["LAB_KEEP"] == nil else { return }
    try? FileManager.default.removeItem(atPath: directory)
    Reaper.shared.forget(.directory, directory)
  }

  private static func remove(_ namespace: String) async {
    let pids = (try? await ChildProcess.check(["ip", "netns", "pids", namespace])) ?? ""
    for pid in pids.split(whereSeparator: \.isWhitespace).compactMap({ pid_t($0) }) {
      kill(pid, SIGKILL)
    }
    _ = try? await ChildProcess.check(["ip", "netns", "del", namespace])
    Reaper.shared.forget(.namespace, namespace)
  }

  /// Removes namespaces that programs left which have ended since, should their reaper have been
  /// killed too.
  public static func removeLeftovers() async {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/run/netns")) ?? []
    for name in names where name.hasPrefix(namePrefix) {
      let words = name.dropFirst(namePrefix.count).split(separator: "-")
      guard let pid = words.first.flatMap({ pid_t($0) }), pid != getpid() else { continue }
      if kill(pid, 0) != 0 && errno == ESRCH { await remove(name) }
    }
  }
}
