import Logging
import NFSv4
import NIOCore
import NIOPosix
import Testing

@testable import Bench

/// A metadata server, a data server, and a client that has mounted.
struct Pair: Sendable {
  let mds: ScriptedServer
  let dataServer: ScriptedServer
  let client: PnfsClient

  static let content: [UInt8] = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }

  /// Runs a test on a new pair and takes it away again.
  static func with(
    _ script: ScriptedServer.Script = .init(), dataServer: ScriptedServer.Script = .init(),
    _ body: (Pair) async throws -> Void
  ) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    var (script, dataServerScript) = (script, dataServer)
    script.content = content
    dataServerScript.content = content
    let dataServer = try await ScriptedServer.start(
      dataServerScript, roles: .USE_PNFS_DS, on: group)
    if script.dataServerPort == 1 { script.dataServerPort = dataServer.port }
    let mds = try await ScriptedServer.start(script, roles: .USE_PNFS_MDS, on: group)
    let client = try await PnfsClient.mount(
      ServerAddress(host: "127.0.0.1", port: mds.port),
      as: ClientIdentity(name: "client", verifier: 1), group: group,
      logger: Logger(label: "test"))
    let result: Result<Void, any Error>
    do {
      try await body(Pair(mds: mds, dataServer: dataServer, client: client))
      result = .success(())
    } catch {
      result = .failure(error)
    }
    mds.release()
    dataServer.release()
    await client.unmount()
    await mds.stop()
    await dataServer.stop()
    try await group.shutdownGracefully()
    try result.get()
  }

  /// Opens the file.
  func open() async throws -> PnfsClient.OpenFile {
    try await client.open(Array("file".utf8), in: try await client.directory([]))
  }

  /// One READ.
  func read(
    _ file: PnfsClient.OpenFile, at offset: Int = 0, count: Int = 1000
  ) async throws -> PnfsClient.ReadReply {
    try await withCheckedThrowingContinuation { continuation in
      client.read(file, at: UInt64(offset), count: UInt32(count)) { result in
        continuation.resume(with: result)
      }
    }
  }

  /// A READ whose bytes have to be right.
  func readRight(
    _ file: PnfsClient.OpenFile, at offset: Int = 0, count: Int = 1000
  ) async throws -> PnfsClient.ReadReply {
    let reply = try await read(file, at: offset, count: count)
    #expect(Array(reply.data.readableBytesView) == Array(Self.content[offset..<offset + count]))
    return reply
  }

  /// Waits until something that will happen has happened.
  func until(_ isDone: () -> Bool) async throws {
    while !isDone() {
      try Task.checkCancellation()
      await Task.yield()
    }
  }
}
