import Foundation
import Logging
import NFSServer
import NIOCore
import NIOPosix
import PeerServer
import ServiceLifecycle
import Settings
import Transport

/// A peer and its scripted metadata server on loopback, for the length of a test.
struct RunningPeer {
  let server: ScriptedMetadataServer
  let group: MultiThreadedEventLoopGroup
  /// Where the peer serves.
  let port: Int
  private let services: ServiceGroup

  /// Runs a peer in a directory of its own until `body` is done.
  static func with(
    _ script: ScriptedMetadataServer.Script, memoryBytes: Int = 64 << 20,
    _ body: (RunningPeer) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(
      path: "p2pnfs-peer-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let key = [UInt8](repeating: 7, count: 32)
    let keyFile = directory.appending(path: "key")
    try Data(key).base64EncodedString().write(
      to: keyFile, atomically: false, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: keyFile.path)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let server = ScriptedMetadataServer(keys: ClusterKeys([key]), script: script)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let listener = try await RPCListener.bind(
      host: "127.0.0.1", port: 0, group: group, service: server, limits: RPCConnectionLimits(),
      connectionLimit: 100, logger: logger)
    server.port = listener.localAddress?.port ?? 0
    let text = """
      role: peer
      mds: 127.0.0.1:\(server.port)
      listen: 127.0.0.1:0
      cache:
        path: \(directory.path)/cache
        bytes: 64MiB
        block_bytes: 64KiB
        memory_bytes: \(memoryBytes)
        free_space_floor: 0
      gossip:
        listen: 127.0.0.1:0
        key_file: \(keyFile.path)
      admin:
        listen: 127.0.0.1:0
      """
    guard case .peer(let settings) = try NodeSettings.read(Array(text.utf8), file: "peer.yml")
    else { return }
    let (lines, line) = AsyncStream.makeStream(of: String.self)
    let role = PeerRole(settings: settings, keys: KeyRing([key]), logger: logger) { line.yield($0) }
    let services = ServiceGroup(
      services: [role], gracefulShutdownSignals: [], cancellationSignals: [], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { line.finish() }
        try await services.run()
      }
      var port = 0
      for await said in lines {
        port = Int(said.split(separator: " ")[2].split(separator: ":")[1]) ?? 0
        break
      }
      if port == 0 { try await tasks.next() }
      try await body(RunningPeer(server: server, group: group, port: port, services: services))
      tasks.cancelAll()
      while let _ = try? await tasks.next() {}
    }
    await listener.close()
    try await group.shutdownGracefully()
  }

  /// As SIGTERM does.
  func stop() async { await services.triggerGracefulShutdown() }

  /// Waits for something that happens by itself, for as long as it takes.
  func eventually(_ condition: () -> Bool) async {
    while !condition() { await Task.yield() }
  }
}
