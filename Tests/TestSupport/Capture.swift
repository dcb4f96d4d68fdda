import Foundation
import Glibc

/// A record of what passes an interface of a ``Node``.
public final class Capture: Sendable {
  /// The pcapng file.
  public let path: String

  private let process: ChildProcess
  private let logPath: String
  private let node: Node

  /// Marks the end of a record; tshark's filter for it.
  static let marker = "udp.port == \(markerPort)"
  private static let markerPort: UInt16 = 9
  private static let markerText = "p2pnfs-lab: end of record"

  /// Starts to record and returns when it does.
  /// - Parameters:
  ///   - interface: `eth0` is the node's link; `br0` also sees what stays on the node.
  ///   - filter: in the language of pcap, such as `tcp port 2049`.
  ///   - limitMiB: the size at which it stops by itself.
  /// - Throws: ``LabError`` if dumpcap (Debian: tshark) is missing or does not start.
  public static func start(
    _ name: String, on node: Node, interface: String = "eth0", filter: String? = nil,
    limitMiB: Int = 4096
  ) async throws -> Capture {
    let path = node.network.directory + "/\(name).pcapng"
    let logPath = path + ".log"
    let started = Eventual<Bool>()
    let log = open(logPath, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard log >= 0 else { throw LabError("\(logPath) cannot be written") }
    let messages = try PipeReader { chunk in
      _ = chunk.withUnsafeBytes { write(log, $0.baseAddress, $0.count) }
      // dumpcap names its file when the interface is open and the filter set.
      if String(decoding: chunk, as: UTF8.self).contains("File:") { started.resolve(true) }
    }
    Task.detached {
      _ = await messages.everything.value(within: .seconds(1_000_000))
      Glibc.close(log)
      started.resolve(false)
    }
    var arguments = [
      "dumpcap", "-q", "-i", interface, "-w", path, "-B", "64", "-a",
      "filesize:\(limitMiB * 1024)",
    ]
    if let filter { arguments += ["-f", "(\(filter)) or udp port \(markerPort)"] }
    var command = Command(arguments, in: node.namespace)
    command.error = .descriptor(messages.writeEnd)
    let process: ChildProcess
    do {
      defer { messages.closeWriteEnd() }
      process = try ChildProcess(command)
    }
    guard await started.value(within: .seconds(20)) == true else {
      process.send(SIGKILL, toGroup: true)
      throw LabError("dumpcap does not record", logTail: Log.tail(of: logPath))
    }
    return Capture(path: path, logPath: logPath, process: process, node: node)
  }

  private init(path: String, logPath: String, process: ChildProcess, node: Node) {
    self.node = node
    self.path = path
    self.logPath = logPath
    self.process = process
  }

  /// Stops recording and completes the file.
  /// - Returns: how many packets were seen and how many of them are not in the file.
  /// - Throws: ``LabError`` if dumpcap does not end or tells no numbers.
  @discardableResult
  public func stop() async throws -> (received: Int, dropped: Int) {
    try await mark()
    process.send(SIGINT)
    guard await process.exit(within: .seconds(20)) != nil else {
      process.send(SIGKILL, toGroup: true)
      throw LabError("dumpcap does not end", logTail: Log.tail(of: logPath))
    }
    // `Packets received/dropped on interface 'eth0': 12/0 (pcap:0/…)`
    let log = Log.tail(of: logPath)
    for line in log.split(separator: "\n") where line.contains("received/dropped") {
      let numbers = line.split(separator: ": ").dropFirst().first?
        .split(separator: " ").first?.split(separator: "/").compactMap { Int($0) }
      if let numbers, numbers.count == 2 { return (numbers[0] - 1, numbers[1]) }
    }
    throw LabError("dumpcap tells no numbers", logTail: log)
  }

  /// Sends a datagram past the interface and waits until it is in the file: dumpcap forgets what
  /// the kernel has not handed over when it is told to stop.
  private func mark() async throws {
    try await node.inside { [path] in
      let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | 0o2000000, 0)
      guard descriptor >= 0 else { throw LabError("no socket") }
      defer { Glibc.close(descriptor) }
      var yes: Int32 = 1
      setsockopt(
        descriptor, SOL_SOCKET, SO_BROADCAST, &yes, socklen_t(MemoryLayout<Int32>.size))
      var target = sockaddr_in()
      target.sin_family = sa_family_t(AF_INET)
      target.sin_port = Capture.markerPort.bigEndian
      inet_pton(AF_INET, "10.77.255.255", &target.sin_addr)
      let text = Array(Capture.markerText.utf8)
      let sent = withUnsafePointer(to: &target) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(
            descriptor, text, text.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard sent == text.count else { throw LabError("the end of the record cannot be marked") }
      let wanted = Data(text)
      let end = ContinuousClock.now + .seconds(10)
      while ContinuousClock.now < end {
        if let handle = FileHandle(forReadingAtPath: path) {
          defer { try? handle.close() }
          let size = try handle.seekToEnd()
          try handle.seek(toOffset: size > 65536 ? size - 65536 : 0)
          if let tail = try handle.readToEnd(), tail.range(of: wanted) != nil { return }
        }
        usleep(20_000)
      }
    }
  }

  /// Has tshark take every packet apart.
  /// - Parameter ports: the TCP ports on which RPC is spoken.
  public func dissection(
    ports: [UInt16] = [2049], within limit: Duration = .seconds(300)
  ) async throws -> Dissection {
    try await Dissection.of(path, ports: ports, within: limit)
  }
}
