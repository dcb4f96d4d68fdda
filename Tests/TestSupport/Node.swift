import Foundation
import Glibc

/// One machine of a ``Network``: a network namespace with one address and one link.
///
/// Its guests (``Guest``) have addresses of their own behind the same link, as containers on a node
/// have. What they exchange with daemons on the same node does not pass the link.
public final class Node: Sendable {
  /// The network it hangs on.
  public let network: Network

  /// Its name, unique in the network.
  public let name: String

  /// Its IPv4 address.
  public let address: String

  /// Its network namespace, as `ip netns` knows it.
  public let namespace: String

  /// The switch's end of its link.
  private let port: String

  init(network: Network, name: String, address: String, namespace: String, port: String) {
    self.network = network
    self.name = name
    self.address = address
    self.namespace = namespace
    self.port = port
  }

  /// What has passed its link since it was made, counted by the kernel.
  public func counters() async throws -> InterfaceCounters {
    try await InterfaceCounters.read("eth0", in: namespace)
  }

  /// Pulls the plug of its link at the switch; nobody gets a RST or FIN.
  public func cut() async throws {
    try await network.ip(network.switchNamespace, "link set \(port) down")
  }

  /// Puts the plug back.
  public func restore() async throws {
    try await network.ip(network.switchNamespace, "link set \(port) up")
  }

  /// Limits its link in each direction.
  /// - Parameter megabitsPerSecond: 1 and more.
  public func limit(megabitsPerSecond: Int) async throws {
    for (namespace, interface) in [(namespace, "eth0"), (network.switchNamespace, port)] {
      try await ChildProcess.check([
        "tc", "-n", namespace, "qdisc", "replace", "dev", interface, "root", "tbf",
        "rate", "\(megabitsPerSecond)mbit", "burst", "256k", "latency", "50ms",
      ])
    }
  }

  /// Runs a program on this node to its end.
  /// - Returns: its standard output.
  /// - Throws: ``LabError`` if its exit status is not 0 or it runs longer than `limit`.
  @discardableResult
  public func run(_ arguments: [String], within limit: Duration = .seconds(30)) async throws
    -> String
  {
    try await ChildProcess.check(arguments, in: namespace, within: limit)
  }

  /// Runs `body` on a thread of its own that is on this node; sockets opened there stay there.
  public func inside<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await Network.inside(namespace, body)
  }

  /// Connects from this node.
  /// - Returns: a blocking stream socket with send and receive timeouts of 30 s; the caller closes
  ///   it.
  public func connect(to address: String, port: UInt16) async throws -> Int32 {
    try await inside {
      let descriptor = socket(AF_INET, Sockets.streamCloseOnExec, 0)
      guard descriptor >= 0 else { throw LabError("no socket") }
      var limit = timeval(tv_sec: 30, tv_usec: 0)
      let length = socklen_t(MemoryLayout<timeval>.size)
      setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, length)
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, length)
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      target.sin_port = port.bigEndian
      inet_pton(AF_INET, address, &target.sin_addr)
      let status = withUnsafePointer(to: &target) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard status == 0 else {
        let reason = String(cString: strerror(errno))
        Glibc.close(descriptor)
        throw LabError("connect to \(address):\(port): \(reason)")
      }
      return descriptor
    }
  }
}
