import Foundation
import Lab
import NFSv4
import NIOCore
import Testing

extension ProcessTests {
  @Suite("Starts that fail, and starts that wait", .timeLimit(.minutes(2)))
  struct StartTests {
    /// As a user without any privilege.
    private let unprivileged = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    @Test("a port in use is named, with what to do, and status 1")
    func port() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let second = try await cluster.run(
        cluster.mds(state: cluster.directory + "/state2"), on: cluster.mdsNode)
      #expect(second.status == 1)
      #expect(second.output.contains("0.0.0.0:2049") && second.output.contains("in use"))
      #expect(second.output.contains("listen"), "\(second.output)")
      let admin = try await cluster.run(
        cluster.mds(listen: "0.0.0.0:2050", state: cluster.directory + "/state3"),
        on: cluster.mdsNode)
      #expect(admin.status == 1)
      #expect(admin.output.contains("admin.listen") && admin.output.contains("127.0.0.1:9701"))
      let peer = try await cluster.run(cluster.peer(), on: cluster.mdsNode)
      #expect(peer.status == 1)
      #expect(peer.output.contains("0.0.0.0:2049") && peer.output.contains("listen"))
      let peerAdmin = try await cluster.run(
        cluster.peer(listen: "0.0.0.0:2051", admin: "127.0.0.1:9701"), on: cluster.mdsNode)
      #expect(peerAdmin.status == 1)
      #expect(peerAdmin.output.contains("admin.listen"), "\(peerAdmin.output)")
      #expect(mds.isRunning)
      await cluster.close()
    }

    @Test("a directory that is missing or no directory is named, with status 1")
    func directories() async throws {
      let cluster = try await Cluster.create()
      func expect(_ configuration: String, _ words: String...) async throws {
        let ended = try await cluster.run(configuration, on: cluster.mdsNode)
        #expect(ended.status == 1)
        for word in words { #expect(ended.output.contains(word), "\(ended.output)") }
      }
      let file = cluster.exportPath + "/small"
      try await expect(cluster.mds(export: "/nowhere/x"), "/nowhere/x", "does not exist")
      try await expect(cluster.mds(export: file), file, "not a directory")
      try await expect(cluster.mds(state: "/nowhere/x/y"), "state_dir /nowhere/x/y", "create")
      try await expect(cluster.mds(state: file), "state_dir \(file)", "directory")
      try await expect(cluster.peer(cache: "/nowhere/x/y"), "/nowhere/x/y", "create", "cache.path")
      try await expect(cluster.peer(cache: file), file, "cache.path")
      await cluster.close()
    }

    @Test("a cache that another peer has open is refused with that peer's process, status 1")
    func cacheInUse() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      let second = try await cluster.run(cluster.peer(), on: cluster.stranger)
      #expect(second.status == 1)
      #expect(second.output.contains("process \(peer.pid)"), "\(second.output)")
      #expect(second.output.contains("cache.path"))
      #expect(mds.isRunning && peer.isRunning)
      await cluster.close()
    }

    @Test("without privileges: what cannot be written or bound is said, with what to do")
    func unprivilegedPeer() async throws {
      let cluster = try await Cluster.create()
      let key = cluster.directory + "/nobody.key"
      try cluster.writeKey(Cluster.key, to: key)
      chown(key, 65534, 65534)
      let cache = cluster.directory + "/owned"
      try FileManager.default.createDirectory(atPath: cache, withIntermediateDirectories: false)
      let denied = try await cluster.run(
        cluster.peer(cache: cache, key: key), on: cluster.peerNode, wrapper: unprivileged)
      #expect(denied.status == 1)
      #expect(denied.output.contains(cache) && denied.output.contains("uid 65534"))
      chown(cache, 65534, 65534)
      try await cluster.mdsNode.run(["true"])
      let low = try await cluster.run(
        cluster.peer(listen: "0.0.0.0:111", cache: cache, key: key), on: cluster.peerNode,
        wrapper: unprivileged)
      #expect(low.status == 1)
      #expect(low.output.contains("CAP_NET_BIND_SERVICE"), "\(low.output)")
      await cluster.close()
    }

    @Test("a metadata server without CAP_DAC_READ_SEARCH serves by an index of its own and says so")
    func unprivilegedMDS() async throws {
      let cluster = try await Cluster.create()
      let key = cluster.directory + "/nobody.key"
      try cluster.writeKey(Cluster.key, to: key)
      let state = cluster.directory + "/owned"
      try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: false)
      for path in [key, state] { chown(path, 65534, 65534) }
      let path = cluster.directory + "/plain.yml"
      try cluster.write(cluster.mds(state: state, key: key), to: path)
      let mds = try await Daemon.start(
        "plain", on: cluster.mdsNode,
        command: unprivileged + [try Daemon.program("p2pnfsd"), "--config", path])
      #expect(mds.logTail.contains("index"), "\(mds.logTail)")
      #expect(mds.logTail.contains("CAP_DAC_READ_SEARCH"), "\(mds.logTail)")
      let handle = try await cluster.stranger.inside {
        let client = try RawClient(try RawConnection(to: cluster.mdsNode.address), owner: "a")
        let handle = try client.lookup("small")
        #expect(try client.read(handle) == Array("small".utf8))
        return Array(handle.bytes.readableBytesView)
      }
      await mds.kill()
      let again = try await Daemon.start(
        "plain", on: cluster.mdsNode,
        command: unprivileged + [try Daemon.program("p2pnfsd"), "--config", path])
      try await cluster.stranger.inside {
        let client = try RawClient(try RawConnection(to: cluster.mdsNode.address), owner: "a")
        #expect(
          try client.read(NfsFh4(ByteBuffer(bytes: handle))) == Array("small".utf8))
      }
      #expect(again.isRunning)
      await cluster.close()
    }

    @Test(
      "a peer whose metadata server does not answer says so, goes on trying, and registers later")
    func noMDS() async throws {
      let cluster = try await Cluster.create()
      let ended = try await cluster.run(
        cluster.peer(), on: cluster.peerNode, until: "metadata server")
      #expect(ended.status == 0, "\(ended.output)")
      #expect(ended.output.contains("\(cluster.mdsNode.address):2049"), "\(ended.output)")
      #expect(!ended.output.contains("ready role="))
      // The same peer, with a metadata server that comes late.
      async let peer = cluster.startPeer()
      var started = false
      for _ in 0..<200 where !started {
        started = FileManager.default.fileExists(atPath: cluster.directory + "/peer.log")
        if !started { await Task.yield() }
      }
      let mds = try await cluster.startMDS()
      #expect(try await peer.isRunning)
      #expect(mds.isRunning)
      await cluster.close()
    }

    @Test("a peer with another cluster's key does not register, and says why")
    func wrongKey() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let key = cluster.directory + "/wrong.key"
      try cluster.writeKey(.init(repeating: 9, count: 32), to: key)
      let ended = try await cluster.run(
        cluster.peer(key: key), on: cluster.peerNode, until: "cluster's key")
      #expect(ended.status == 0, "\(ended.output)")
      #expect(ended.output.contains("warning"))
      #expect(!ended.output.contains("registered as a data server"))
      #expect(!ended.output.contains("ready role="))
      #expect(mds.isRunning)
      await cluster.close()
    }

    @Test("a peer of a server that knows no peers says so and ends with status 1")
    func plainServer() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      // A data server speaks NFSv4.1 and none of a metadata server's own operations.
      let peer = try await cluster.startPeer()
      let ended = try await cluster.run(
        cluster.peer(
          mds: cluster.peerNode.address + ":2049", cache: cluster.directory + "/cache2"),
        on: cluster.stranger)
      #expect(ended.status == 1)
      #expect(ended.output.contains("does not know peers"), "\(ended.output)")
      #expect(mds.isRunning && peer.isRunning)
      await cluster.close()
    }

    @Test("a peer of a metadata server that gives no layouts is told so and ends with status 1")
    func noLayouts() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS(cluster.mds(more: "layouts: none"))
      let ended = try await cluster.run(cluster.peer(), on: cluster.peerNode)
      #expect(ended.status == 1)
      #expect(ended.output.contains("refuses this peer"), "\(ended.output)")
      #expect(mds.isRunning)
      await cluster.close()
    }
  }
}
