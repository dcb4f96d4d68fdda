import Glibc
import NFSv4
import NIOCore
import Testing

@testable import Bench

@Suite(.timeLimit(.minutes(1))) struct PnfsClientTests {
  @Test("a READ goes by the layout to the data server, with the open's stateid and no seqid")
  func dataServer() async throws {
    try await Pair.with { pair in
      let file = try await pair.open()
      #expect(file.size == 300_000)
      let reply = try await pair.readRight(file, at: 4096, count: 5000)
      #expect(reply.isFromDataServer)
      let read = try #require(pair.dataServer.seen.withLock { $0.reads.first })
      #expect(read.stateid == Stateid4(seqid: 0, other: ScriptedServer.open.other))
      #expect(pair.mds.count(.OP_READ) == 0)
      #expect(pair.mds.count(.OP_LAYOUTGET) == 1)
      #expect(pair.mds.count(.OP_GETDEVICEINFO) == 1)
    }
  }

  @Test("metadata server and data server see one owner and verifier, and RECLAIM_COMPLETE")
  func identity() async throws {
    try await Pair.with { pair in
      _ = try await pair.readRight(try await pair.open())
      let owners = pair.mds.seen.withLock { $0.owners }
      #expect(owners == pair.dataServer.seen.withLock { $0.owners })
      #expect(owners.count == 1)
      #expect(pair.mds.count(.OP_RECLAIM_COMPLETE) == 1)
      #expect(pair.dataServer.count(.OP_RECLAIM_COMPLETE) == 1)
    }
  }

  @Test("a delegation's stateid goes with READs in place of the open's")
  func delegation() async throws {
    try await Pair.with(.init(grantsDelegation: true)) { pair in
      _ = try await pair.readRight(try await pair.open())
      let read = try #require(pair.dataServer.seen.withLock { $0.reads.first })
      #expect(read.stateid.other == ScriptedServer.delegation.other)
    }
  }

  @Test("CB_RECALL is answered with NFS4_OK, DELEGRETURN follows, and READs go on by the open")
  func delegationRecall() async throws {
    try await Pair.with(.init(grantsDelegation: true)) { pair in
      let file = try await pair.open()
      let recall = CB_RECALL4args(
        stateid: ScriptedServer.delegation, truncate: false, fh: ScriptedServer.handle)
      #expect(try await pair.mds.callback(CB_RECALL.self, recall) == .NFS4_OK)
      try await pair.until {
        pair.mds.seen.withLock { $0.returnedDelegations } == [ScriptedServer.delegation]
      }
      _ = try await pair.readRight(file)
      let read = try #require(pair.dataServer.seen.withLock { $0.reads.first })
      #expect(read.stateid.other == ScriptedServer.open.other)
      #expect(try await pair.mds.callback(CB_RECALL.self, recall) == .NFS4ERR_BADHANDLE)
    }
  }

  @Test("a recall of a layout that is not in use needs no LAYOUTRETURN; the next READ asks again")
  func layoutRecallWhenIdle() async throws {
    try await Pair.with { pair in
      let file = try await pair.open()
      _ = try await pair.readRight(file)
      #expect(try await pair.mds.recallLayout() == .NFS4ERR_NOMATCHING_LAYOUT)
      let reply = try await pair.readRight(file)
      #expect(reply.isFromDataServer)
      #expect(pair.mds.count(.OP_LAYOUTGET) == 2)
      #expect(pair.mds.seen.withLock { $0.returnedLayouts }.isEmpty)
    }
  }

  @Test("a recall of a layout under which a READ is under way: NFS4_OK, and LAYOUTRETURN after it")
  func layoutRecallWhenBusy() async throws {
    try await Pair.with(dataServer: .init(holdsReads: true)) { pair in
      let file = try await pair.open()
      async let held = pair.readRight(file)
      try await pair.until { pair.dataServer.heldCount == 1 }
      #expect(try await pair.mds.recallLayout() == .NFS4_OK)
      #expect(pair.mds.seen.withLock { $0.returnedLayouts }.isEmpty)
      pair.dataServer.release()
      _ = try await held
      try await pair.until { pair.mds.seen.withLock { $0.returnedLayouts }.count == 1 }
    }
  }

  @Test("CB_RECALL_ANY and CB_NOTIFY_DEVICEID are answered with NFS4_OK")
  func otherCallbacks() async throws {
    try await Pair.with(.init(grantsDelegation: true)) { pair in
      let file = try await pair.open()
      _ = try await pair.readRight(file)
      var mask = Bitmap4()
      mask.insert(bit: Rca4TypeMask.RDATA_DLG)
      #expect(
        try await pair.mds.callback(
          CB_RECALL_ANY.self, CB_RECALL_ANY4args(objectsToKeep: 0, typeMask: mask)) == .NFS4_OK)
      try await pair.until { pair.mds.seen.withLock { $0.returnedDelegations }.count == 1 }
      let notice = Notify4(
        NotifyDeviceidDelete4(layouttype: .NFSV4_1_FILES, deviceid: ScriptedServer.device))
      #expect(
        try await pair.mds.callback(
          CB_NOTIFY_DEVICEID.self, CB_NOTIFY_DEVICEID4args(changes: [notice])) == .NFS4_OK)
      _ = try await pair.readRight(file)
      #expect(pair.mds.count(.OP_GETDEVICEINFO) == 2)
    }
  }

  @Test(
    "a data server that will not serve: this READ by the metadata server, the next by a new layout",
    arguments: [Nfsstat4.NFS4ERR_PNFS_NO_LAYOUT, .NFS4ERR_STALE, .NFS4ERR_ACCESS])
  func dropLayout(status: Nfsstat4) async throws {
    try await Pair.with(dataServer: .init(readStatuses: [status])) { pair in
      let file = try await pair.open()
      let first = try await pair.readRight(file)
      #expect(!first.isFromDataServer)
      let second = try await pair.readRight(file)
      #expect(second.isFromDataServer)
      #expect(pair.mds.count(.OP_LAYOUTGET) == 2)
      #expect(pair.mds.seen.withLock { $0.returnedLayouts }.isEmpty)
      #expect(pair.client.counters.refusals == ["\(status)": 1])
    }
  }

  @Test("NFS4ERR_IO from a data server: the layout goes back, and the file is read elsewhere")
  func deviceFailed() async throws {
    try await Pair.with(dataServer: .init(readStatuses: [.NFS4ERR_IO])) { pair in
      let file = try await pair.open()
      for _ in 0..<3 {
        let reply = try await pair.readRight(file)
        #expect(!reply.isFromDataServer)
      }
      #expect(pair.dataServer.count(.OP_READ) == 1)
      try await pair.until { pair.mds.seen.withLock { $0.returnedLayouts }.count == 1 }
      #expect(pair.mds.count(.OP_LAYOUTGET) == 1)
    }
  }

  @Test("an unknown refusal keeps the layout: every READ tries the data server first")
  func readElsewhere() async throws {
    let script = ScriptedServer.Script(readStatuses: [.NFS4ERR_BAD_STATEID])
    try await Pair.with(dataServer: script) { pair in
      let file = try await pair.open()
      let first = try await pair.readRight(file)
      #expect(!first.isFromDataServer)
      let second = try await pair.readRight(file)
      #expect(second.isFromDataServer)
      #expect(pair.mds.count(.OP_LAYOUTGET) == 1)
    }
  }

  @Test("a data server that is gone: READs under way and later ones go to the metadata server")
  func dataServerGone() async throws {
    try await Pair.with(dataServer: .init(holdsReads: true)) { pair in
      let file = try await pair.open()
      async let held = pair.readRight(file)
      try await pair.until { pair.dataServer.heldCount == 1 }
      pair.dataServer.refuse()
      let reply = try await held
      #expect(!reply.isFromDataServer)
      let next = try await pair.readRight(file)
      #expect(!next.isFromDataServer)
    }
  }

  @Test("nobody listens where the device says: READs go to the metadata server, all of them")
  func nobodyThere() async throws {
    let (descriptor, port) = try Self.silentPort()
    defer { close(descriptor) }
    try await Pair.with(.init(dataServerPort: port)) { pair in
      let file = try await pair.open()
      async let first = pair.readRight(file)
      async let second = pair.readRight(file, at: 2000)
      let replies = try await [first, second]
      #expect(replies.allSatisfy { !$0.isFromDataServer })
    }
  }

  /// A port that is taken, and at which nobody listens.
  private static func silentPort() throws -> (descriptor: Int32, port: Int) {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    try #require(isBound)
    return (descriptor, Int(UInt16(bigEndian: address.sin_port)))
  }

  @Test("a broken connection to a data server that lives: the READ is sent again over another one")
  func dataServerConnectionLost() async throws {
    try await Pair.with(dataServer: .init(holdsReads: true)) { pair in
      let file = try await pair.open()
      async let held = pair.readRight(file)
      try await pair.until { pair.dataServer.heldCount == 1 }
      pair.dataServer.cut()
      // It comes again in the same slot, which is still in use, and then was answered to nobody.
      try await pair.until { pair.dataServer.seen.withLock { $0.connectionCount } == 2 }
      pair.dataServer.release()
      let reply = try await held
      #expect(reply.isFromDataServer)
    }
  }

  @Test("a data server that has forgotten the session gets another one, and the READ")
  func dataServerSessionLost() async throws {
    try await Pair.with { pair in
      let file = try await pair.open()
      _ = try await pair.readRight(file)
      pair.dataServer.forget()
      let reply = try await pair.readRight(file, at: 1000)
      #expect(reply.isFromDataServer)
      #expect(pair.dataServer.count(.OP_CREATE_SESSION) == 2)
    }
  }

  @Test("LAYOUTGET refused in OPEN is tried once more with the first READ")
  func layoutAskedAgain() async throws {
    try await Pair.with(.init(layoutStatusInOpen: .NFS4ERR_BADLAYOUT)) { pair in
      let reply = try await pair.readRight(try await pair.open())
      #expect(reply.isFromDataServer)
      #expect(pair.mds.count(.OP_LAYOUTGET) == 2)
    }
  }

  @Test("NFS4ERR_BADLAYOUT: this READ by the metadata server, and every READ asks again")
  func badLayout() async throws {
    try await Pair.with(.init(layoutStatus: .NFS4ERR_BADLAYOUT)) { pair in
      let file = try await pair.open()
      for _ in 0..<2 {
        let reply = try await pair.readRight(file)
        #expect(!reply.isFromDataServer)
      }
      #expect(pair.mds.count(.OP_LAYOUTGET) == 3)
    }
  }

  @Test("NFS4ERR_LAYOUTUNAVAILABLE: the file is not asked for again")
  func layoutUnavailable() async throws {
    try await Pair.with(.init(layoutStatus: .NFS4ERR_LAYOUTUNAVAILABLE)) { pair in
      let file = try await pair.open()
      for _ in 0..<3 {
        let reply = try await pair.readRight(file)
        #expect(!reply.isFromDataServer)
      }
      #expect(pair.mds.count(.OP_LAYOUTGET) == 2)
    }
  }

  @Test("CLOSE returns the layout if the server wants that, but not under a delegation")
  func returnOnClose() async throws {
    for grantsDelegation in [false, true] {
      let script = ScriptedServer.Script(returnOnClose: true, grantsDelegation: grantsDelegation)
      try await Pair.with(script) { pair in
        let file = try await pair.open()
        _ = try await pair.readRight(file)
        try await pair.client.close(file)
        #expect(pair.mds.count(.OP_CLOSE) == 1)
        #expect(pair.mds.seen.withLock { $0.returnedLayouts }.count == (grantsDelegation ? 0 : 1))
      }
    }
  }

  @Test("a metadata server that puts a READ off, or has lost a delegation, is asked again")
  func metadataServerRetries() async throws {
    let script = ScriptedServer.Script(
      layoutStatus: .NFS4ERR_LAYOUTUNAVAILABLE, grantsDelegation: true,
      readStatuses: [.NFS4ERR_DELAY, .NFS4ERR_DELEG_REVOKED])
    try await Pair.with(script) { pair in
      _ = try await pair.readRight(try await pair.open())
      let stateids = pair.mds.seen.withLock { $0.reads }.map(\.stateid.other)
      let delegation = ScriptedServer.delegation.other
      #expect(stateids == [delegation, delegation, ScriptedServer.open.other])
    }
  }

  @Test("a broken connection to the metadata server: requests go on in the same session")
  func metadataServerConnectionLost() async throws {
    try await Pair.with { pair in
      let file = try await pair.open()
      pair.mds.cut()
      try await pair.client.close(file)
      _ = try await pair.open()
      #expect(pair.mds.count(.OP_CREATE_SESSION) == 1)
    }
  }

  @Test("a metadata server that has forgotten everything: an error, and no READ under a lost open")
  func metadataServerForgets() async throws {
    try await Pair.with { pair in
      let file = try await pair.open()
      pair.mds.forget()
      await #expect(throws: ClientError.stateLost) { try await pair.client.close(file) }
    }
  }

  @Test("after unmount every READ fails")
  func unmounted() async throws {
    try await Pair.with { pair in
      let file = try await pair.open()
      await pair.client.unmount()
      await #expect(throws: ClientError.closed) { try await pair.read(file) }
    }
  }
}
