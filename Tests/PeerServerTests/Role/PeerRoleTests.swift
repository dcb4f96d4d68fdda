import Logging
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Testing
import Transport

@testable import ClusterTransport
@testable import PeerServer

@Suite(.serialized, .timeLimit(.minutes(1))) struct PeerRoleTests {
  private static let routed = ScriptedMetadataServer.routedHandle

  /// Content that compresses, four blocks and a bit.
  private static func script() -> ScriptedMetadataServer.Script {
    var script = ScriptedMetadataServer.Script()
    script.content = (0..<(4 * 65536 + 1000)).map { UInt8(truncatingIfNeeded: $0 / 7 ^ $0 >> 9) }
    return script
  }

  @Test("a stock reader gets the file's bytes through a peer")
  func reads() async throws {
    let script = Self.script()
    try await RunningPeer.with(script) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(reader.roles.intersection(.MASK_PNFS) == .USE_PNFS_DS)
      let (status, bytes, eof) = try await reader.read(Self.routed, offset: 100, count: 262_144)
      #expect(status == .NFS4_OK)
      #expect(bytes == Array(script.content[100..<262_244]))
      #expect(!eof)
      let rest = try await reader.read(Self.routed, offset: 262_000, count: 65_536)
      #expect(rest.bytes == Array(script.content[262_000...]))
      #expect(rest.eof)
      let behind = try await reader.read(Self.routed, offset: 1 << 40, count: 4096)
      #expect(behind.status == .NFS4_OK && behind.bytes.isEmpty && behind.eof)
      let asked = peer.server.seen.withLock { $0.proxyOpens }
      #expect(asked.count == 1)
      #expect(asked.first?.fh == Self.routed)
      #expect(asked.first?.client.ownerid == Array("client".utf8))
      // No block was taken twice.
      let blocks = peer.server.seen.withLock { $0.blocks }
      #expect(Set(blocks).count == blocks.count)
    }
  }

  @Test("another principal and another stateid are asked for by themselves")
  func separateGrants() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      _ = try await reader.read(Self.routed, offset: 0, count: 10, uid: 1)
      peer.server.script.withLock { $0.proxyOpenStatus = .NFS4ERR_ACCESS }
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10, uid: 2).status == .NFS4ERR_ACCESS)
      peer.server.script.withLock { $0.proxyOpenStatus = .NFS4ERR_BAD_STATEID }
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10, uid: 1, stateid: 9).status
          == .NFS4ERR_PNFS_NO_LAYOUT)
      #expect(try await reader.read(Self.routed, offset: 0, count: 10, uid: 1).status == .NFS4_OK)
    }
  }

  @Test("handles of another registration are stale, and too short ones are bad")
  func cookies() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      var old = ByteBuffer(integer: ScriptedMetadataServer.cookie + 1)
      old.writeString("handle")
      #expect(
        try await reader.read(NfsFh4(old), offset: 0, count: 10).status == .NFS4ERR_STALE)
      let short = NfsFh4(ByteBuffer(integer: ScriptedMetadataServer.cookie))
      #expect(try await reader.read(short, offset: 0, count: 10).status == .NFS4ERR_BADHANDLE)
    }
  }

  @Test("operations that a data server does not run are refused, not illegal")
  func otherOperations() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      let root = try await reader.send { $0.append(PUTROOTFH.self, Void4()) }
      #expect(root.status == .NFS4ERR_NOTSUPP)
      let get = try await reader.send { $0.append(GETFH.self, Void4()) }
      #expect(get.status == .NFS4ERR_NOTSUPP)
      // Minor version 2 is served too.
      let two = try await reader.send(minorversion: 2) { $0.append(GETFH.self, Void4()) }
      #expect(two.status == .NFS4ERR_NOTSUPP)
    }
  }

  @Test("after CB_PROXY_REVOKE was answered no byte is served under the grant")
  func revoked() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      peer.server.script.withLock { $0.proxyOpenStatus = .NFS4ERR_EXPIRED }
      let answer = try await peer.server.callback(
        CB_PROXY_REVOKE.self,
        CB_PROXY_REVOKE4args(
          clientid: ScriptedMetadataServer.readerID, all: true, stateids: []))
      #expect(answer?.status == .NFS4_OK)
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4ERR_PNFS_NO_LAYOUT)
    }
  }

  @Test("a recall ends the file's grants and returns the delegation")
  func recalled() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      peer.server.script.withLock { $0.proxyOpenStatus = .NFS4ERR_PNFS_NO_LAYOUT }
      let answer = try await peer.server.callback(
        CB_RECALL.self,
        CB_RECALL4args(
          stateid: ScriptedMetadataServer.delegation, truncate: false,
          fh: ScriptedMetadataServer.handle))
      #expect(answer?.status == .NFS4_OK)
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4ERR_PNFS_NO_LAYOUT)
      await peer.eventually { peer.server.seen.withLock { !$0.delegReturns.isEmpty } }
      #expect(
        peer.server.seen.withLock { $0.delegReturns } == [ScriptedMetadataServer.delegation])
    }
  }

  @Test("a revocation that overtakes the reply of PROXY_OPEN wins")
  func overtaken() async throws {
    var script = Self.script()
    script.holdsProxyOpen = true
    try await RunningPeer.with(script) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      async let read = reader.read(Self.routed, offset: 0, count: 10)
      await peer.eventually { peer.server.seen.withLock { !$0.proxyOpens.isEmpty } }
      _ = try await peer.server.callback(
        CB_PROXY_REVOKE.self,
        CB_PROXY_REVOKE4args(
          clientid: ScriptedMetadataServer.readerID, all: false,
          stateids: [ScriptedMetadataServer.proxyStateid]))
      peer.server.release()
      #expect(try await read.status == .NFS4ERR_PNFS_NO_LAYOUT)
    }
  }

  @Test("a metadata server that does not answer costs a READ its layout, not its time")
  func slowGrant() async throws {
    var script = Self.script()
    script.holdsProxyOpen = true
    try await RunningPeer.with(script) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4ERR_PNFS_NO_LAYOUT)
      peer.server.release()
      await peer.eventually { peer.server.seen.withLock { $0.proxyOpens.count >= 1 } }
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
    }
  }

  @Test("blocks whose digest is wrong are never served")
  func wrongBytes() async throws {
    var script = Self.script()
    script.corruptsBlocks = true
    try await RunningPeer.with(script) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4ERR_PNFS_NO_LAYOUT)
      peer.server.script.withLock { $0.corruptsBlocks = false }
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
    }
  }

  @Test("a version that is gone ends the file's grants")
  func versionGone() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      peer.server.script.withLock { $0.takeAnswer = .gone }
      #expect(
        try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4ERR_PNFS_NO_LAYOUT)
      peer.server.script.withLock { $0.takeAnswer = nil }
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      #expect(peer.server.seen.withLock { $0.proxyOpens.count } == 2)
    }
  }

  @Test("without a RAM tier blocks come from disk once they were fetched")
  func fromDisk() async throws {
    let script = Self.script()
    try await RunningPeer.with(script, memoryBytes: 0) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      for _ in 0..<3 {
        let read = try await reader.read(Self.routed, offset: 0, count: 65_536)
        #expect(read.bytes == Array(script.content[..<65_536]))
      }
      #expect(peer.server.seen.withLock { $0.blocks.filter { $0 == 0 }.count } == 1)
    }
  }

  @Test("a lost connection is made again, with the same session and registration")
  func reconnects() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      let former = peer.server.seen.withLock { $0.connections.values.map { $0 } }
      for connection in former where connection.id != reader.connection.id { connection.close() }
      await peer.eventually {
        peer.server.seen.withLock { seen in
          seen.connections.keys.contains { id in
            seen.proven.contains(id) && !former.contains { $0.id == id }
          }
        }
      }
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      _ = try await reader.read(Self.routed, offset: 0, count: 10, stateid: 2)
      #expect(peer.server.seen.withLock { $0.registrations } == 1)
      #expect(peer.server.seen.withLock { $0.proxyOpens.count } == 2)
    }
  }

  @Test("a server that forgot the session gets a new one, and nothing granted before is served")
  func sessionForgotten() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      peer.server.sessions.withTable { table in
        table.expire(now: .seconds(1 << 30))
        _ = table.takeDropped()
      }
      for connection in peer.server.seen.withLock({ $0.connections.values.map { $0 } }) {
        connection.close()
      }
      await peer.eventually { peer.server.seen.withLock { $0.registrations == 2 } }
      peer.server.script.withLock { $0.proxyOpenStatus = .NFS4ERR_BAD_STATEID }
      // The server counts a registration before the peer knows of it: until then it is STALE.
      var status = Nfsstat4.NFS4ERR_STALE
      while status == .NFS4ERR_STALE {
        status = try await reader.read(Self.routed, offset: 0, count: 10).status
      }
      #expect(status == .NFS4ERR_PNFS_NO_LAYOUT)
    }
  }

  @Test("a graceful stop unregisters while clients are still served")
  func stops() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let reader = try await StockReader(port: peer.port, group: peer.group)
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      await peer.stop()
      await peer.eventually { peer.server.seen.withLock { $0.unregistrations == 1 } }
      #expect(try await reader.read(Self.routed, offset: 0, count: 10).status == .NFS4_OK)
      // The session goes last.
      await peer.eventually { peer.server.sessions.withTable { $0.clientCount } == 0 }
    }
  }

  @Test("a server that does not hold the cluster's key gets no proof")
  func unproven() async throws {
    try await RunningPeer.with(Self.script()) { peer in
      let connection = try await RPCConnector.connect(
        host: "127.0.0.1", port: peer.server.port, group: peer.group, service: NoCalls(),
        limits: RPCConnectionLimits(), timeout: .seconds(5), logger: Logger(label: "test"))
      await #expect(throws: ProofError.unproven) {
        try await ClusterProof.prove(
          on: connection, session: Sessionid4(high: 0, low: 0),
          keys: ClusterKeys([[UInt8](repeating: 8, count: 32)]))
      }
      #expect(peer.server.seen.withLock { !$0.proven.contains(connection.id) })
      connection.close()
    }
  }

  @Test("a server that knows no peers ends the peer with an error that says so")
  func stockServer() async throws {
    var script = Self.script()
    script.registerStatus = .NFS4ERR_OP_ILLEGAL
    await #expect(throws: MetadataClientError.serverKnowsNoPeers) {
      try await RunningPeer.with(script) { _ in }
    }
  }
}
