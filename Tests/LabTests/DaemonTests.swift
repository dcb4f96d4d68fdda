import Foundation
import Testing

@testable import Lab

@Suite("Daemon", .timeLimit(.minutes(2)))
struct DaemonTests {
  /// A server in busybox: httpd on port 80 of the node, and a ready line.
  private let script = """
    mkdir -p $0/v1; echo '{"role":"peer"}' > $0/v1/status
    busybox httpd -f -p 80 -h $0 &
    until busybox wget -q -O /dev/null http://127.0.0.1/v1/status; do busybox usleep 10000; done
    trap 'kill $!; exit 3' TERM
    echo noise
    echo "ready role=peer nfs=$1:2049 admin=127.0.0.1:80"
    while :; do wait; done
    """

  private func start(on node: Node) async throws -> Daemon {
    try await Daemon.start(
      "server", on: node,
      command: ["sh", "-c", script, node.network.directory + "/www", node.address])
  }

  @Test("start waits for the ready line and knows the addresses it names")
  func ready() async throws {
    let network = try await Network.create()
    let node = try await network.node("one")
    let daemon = try await start(on: node)
    #expect(daemon.ready.role == "peer")
    #expect(daemon.ready.nfs?.description == "\(node.address):2049")
    #expect(daemon.logTail.contains("noise"))
    #expect(try await daemon.terminate() == .code(3))
    await network.close()
  }

  @Test("the admin address is asked on the daemon's own node")
  func admin() async throws {
    struct Status: Decodable { var role: String }
    let network = try await Network.create()
    let daemon = try await start(on: network.node("one"))
    #expect(try await daemon.status(as: Status.self).role == "peer")
    await #expect(throws: LabError.self) { _ = try await daemon.get("/nothing") }
    await network.close()
  }

  @Test("a daemon that ends before it is ready is an error with its log")
  func failure() async throws {
    let network = try await Network.create()
    let node = try await network.node("one")
    let error = await #expect(throws: LabError.self) {
      _ = try await Daemon.start(
        "server", on: node, command: ["sh", "-c", "echo port in use >&2; exit 78"])
    }
    #expect(error?.message.contains("exit status 78") == true)
    #expect(error?.logTail.contains("port in use") == true)
    await network.close()
  }

  @Test("a stopped daemon accepts but does not answer until it is resumed")
  func stop() async throws {
    let network = try await Network.create()
    let daemon = try await start(on: network.node("one"))
    daemon.stop()
    let answer = Task { try await daemon.get("/v1/status") }
    let early = Eventual<Bool>()
    Task {
      _ = await answer.result
      early.resolve(true)
    }
    #expect(await early.value(within: .milliseconds(200)) == nil)
    daemon.resume()
    #expect(try await answer.value.isEmpty == false)
    await daemon.kill()
    #expect(!daemon.isRunning)
    await network.close()
  }

  @Test("closing a network ends what runs on it and leaves no namespace and no folder")
  func close() async throws {
    let network = try await Network.create()
    let node = try await network.node("one")
    let daemon = try await start(on: node)
    let folder = network.directory
    await network.close()
    #expect(await daemon.exit(within: .seconds(10)) == .signal(9))
    #expect(!FileManager.default.fileExists(atPath: folder))
    #expect(!FileManager.default.fileExists(atPath: "/run/netns/" + node.namespace))
  }

  @Test("an answer in chunks is joined, and half an answer is none")
  func chunks() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    let whole = Array((head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").utf8)
    #expect(HTTPResponse(whole, complete: false)?.body == Array("abcde".utf8))
    for length in 0..<whole.count - 4 {
      #expect(HTTPResponse(Array(whole[..<length]), complete: true) == nil)
    }
  }
}
