import Glibc
import Lab
import NFSv4
import NIOCore
import ONCRPC
import Testing

extension ProcessTests {
  @Suite("Many connections and slow ones", .timeLimit(.minutes(2)))
  struct ConnectionTests {
    /// Resident bytes that an idle connection may cost.
    static let bytesPerConnection = 16 << 10
    static let idleCount = 10_000

    private static let null = RPCCall(
      xid: 1, prog: NFS4.program, vers: NFS4.version, proc: NFS4.PROC_NULL, arguments: ByteBuffer())

    /// Connects, and asks something now and then so that the server has accepted what was opened.
    private static func open(_ count: Int, to address: String) throws -> [RawConnection] {
      var connections: [RawConnection] = []
      connections.reserveCapacity(count)
      for number in 1...count {
        let connection = try RawConnection(to: address)
        connections.append(connection)
        if number % 256 == 0 || number == count { _ = try connection.call(null) }
      }
      return connections
    }

    @Test(
      "10,000 idle connections cost little memory and leave others served",
      arguments: Target.allCases
    )
    func idle(target: Target) async throws {
      guard Descriptors.raiseLimit() > rlim_t(Self.idleCount + 1000) else {
        throw ProcessTestError("too few file descriptors: raise the hard limit (ulimit -Hn)")
      }
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      let daemon = target == .mds ? mds : peer
      let address = cluster.node(of: target).address
      let grown = try await cluster.withBystander(at: target) {
        try await cluster.stranger.inside {
          // What the first connections cost once belongs to the program.
          let first = try Self.open(100, to: address)
          let before = try daemon.residentBytes()
          let connections = try Self.open(Self.idleCount, to: address)
          let after = try daemon.residentBytes()
          for index in stride(from: 0, to: connections.count, by: 97) {
            _ = try connections[index].call(Self.null)
          }
          withExtendedLifetime(first) {}
          return after - before
        }
      }
      #expect(grown / Self.idleCount < Self.bytesPerConnection, "\(grown) bytes")
      #expect(daemon.isRunning)
      await cluster.close()
    }

    @Test(
      "connections beyond the limit are closed, those within it stay served, places are free again",
      arguments: Target.allCases)
    func limit(target: Target) async throws {
      let cluster = try await Cluster.create()
      let more = "limits: {connections: 40}"
      let mds = try await cluster.startMDS(target == .mds ? cluster.mds(more: more) : nil)
      let peer =
        target == .peer ? try await cluster.startPeer(cluster.peer(more: more)) : nil
      let address = cluster.node(of: target).address
      try await cluster.stranger.inside {
        var served = try Self.open(40, to: address)
        for _ in 0..<20 {
          let refused = try RawConnection(to: address)
          #expect(try refused.isClosedByOtherSide())
        }
        for connection in served { #expect(try connection.call(Self.null).status == .success) }
        served.removeLast(10)
        // The server sees the ends in its own time; then as many places are free.
        var again: [RawConnection] = []
        for _ in 0..<2000 where again.count < 10 {
          let connection = try RawConnection(to: address)
          if (try? connection.call(Self.null))?.status == .success {
            again.append(connection)
          } else {
            usleep(5_000)
          }
        }
        #expect(again.count == 10)
        for connection in served { #expect(try connection.call(Self.null).status == .success) }
      }
      #expect(mds.isRunning && peer?.isRunning != false)
      await cluster.close()
    }

    /// Sends READs of 1 MiB with all slots of all sessions on a connection, again and again, until
    /// nothing more is taken, and takes no reply.
    private static func pour(_ clients: [RawClient], _ handle: NfsFh4, _ stateid: Stateid4) {
      var silent = 0
      for round in 0..<50_000 where silent < 250 {
        let client = clients[round % clients.count]
        var record = RawConnection.marked(
          client.call(
            client.request(slot: round / clients.count % client.slots.count) {
              $0.append(PUTFH.self, PUTFH4args(object: handle))
              $0.append(READ.self, READ4args(stateid: stateid, offset: 0, count: 1 << 20))
            }
          ).record)
        while record.readableBytes > 0, silent < 250 {
          let sent = client.connection.sendWithoutWaiting(record)
          if sent > 0 {
            record.moveReaderIndex(forwardBy: sent)
            silent = 0
          } else {
            silent += 1
            usleep(2_000)
          }
        }
      }
    }

    @Test(
      "a client that asks for much and takes no reply costs bounded memory",
      arguments: Target.allCases)
    func deaf(target: Target) async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      let peer = try await cluster.startPeer()
      let daemon = target == .mds ? mds : peer
      let before = try daemon.residentBytes()
      let after = try await cluster.withBystander(at: target) {
        try await cluster.stranger.inside {
          let address = cluster.node(of: target).address
          let reader = try PeerReader(cluster, owner: "deaf")
          let handle = target == .peer ? reader.handle : try reader.atMDS.lookup("large")
          // Eight sessions on one connection, with all their slots.
          let connection = try RawConnection(to: address, receiveBytes: 4096)
          let first = try RawClient(connection, owner: target == .peer ? "deaf" : "deaf 0")
          let stateid = target == .peer ? reader.stateid : .anonymous
          if target == .peer { _ = try first.read(handle, stateid, count: 1 << 20) }
          let others = try (1..<8).map { try RawClient(connection, owner: "deaf \($0)") }
          Self.pour([first] + others, handle, stateid)
          return try daemon.residentBytes()
        }
      }
      #expect(after - before < 160 << 20, "\(before) → \(after) bytes")
      #expect(daemon.isRunning)
      await cluster.close()
    }
  }
}
