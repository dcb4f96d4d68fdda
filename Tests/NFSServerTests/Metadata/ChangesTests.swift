import NFSServer
import NFSv4
import NIOCore
import Testing

/// What others hold of a file that is to be changed, for every operation that changes one.
@Suite struct ChangesTests {
  private let server = TestServer()
  private let peer: TestClient
  private let reader: TestClient
  private let writer: TestClient
  private let file: MemoryTree.Object
  private let open: OPEN4resok
  private let routed: NfsFh4

  /// A reader with a delegation, a layout and a grant at a data server.
  init() throws {
    server.tree.change(try server.tree.root()) { $0.mode = 0o777 }
    peer = try TestClient(server, "peer", uid: 0)
    try peer.register(9)
    reader = try TestClient(server, "reader")
    writer = try TestClient(server, "writer")
    file = server.tree.add("file", mode: 0o666, uid: 1000)
    open = try reader.open(file)
    routed = try reader.layout(file, open.stateid).routed()
    try peer.proxyOpen(routed, open.stateid, for: reader)
    _ = server.directives()
  }

  /// Operations that change the file, each by the writer.
  private var changes: [(String, () throws -> Void)] {
    let (writer, file, root) = (writer, file, MemoryTree.rootObject)
    return [
      ("OPEN for writing", { try writer.open(file, access: 2) }),
      ("OPEN for both", { try writer.open(file, access: 3) }),
      ("truncating OPEN", { try writer.create("file", .unchecked(sizeAttribute(0)), access: 1) }),
      ("WRITE", { try writer.write(file) }),
      ("size", { try writer.setattr(file, .size(3)) }),
      ("mode", { try writer.setattr(file, .mode(0o600)) }),
      (
        "REMOVE",
        { try writer.run(REMOVE.self, REMOVE4args(target: Array("file".utf8)), on: root) }
      ),
      (
        "RENAME",
        {
          try writer.run(
            RENAME.self, RENAME4args(oldname: Array("file".utf8), newname: Array("new".utf8)),
            saved: root, on: root)
        }
      ),
      (
        "LINK",
        {
          try writer.run(LINK.self, LINK4args(newname: Array("new".utf8)), saved: file, on: root)
        }
      ),
    ]
  }

  private func returnDelegations(_ directives: [MetadataDirective]) throws {
    for case .recallDelegation(let delegation) in directives {
      let holder = delegation.clientid == peer.clientid ? peer : reader
      try holder.giveBack(file, delegation.stateid)
    }
  }

  @Test(
    "readers and data servers are fenced first, data servers' delegations taken last",
    arguments: 0..<9)
  func order(index: Int) throws {
    let (name, change) = changes[index]
    let before = try #require(server.tree[file])
    #expect(status(change) == .NFS4ERR_DELAY, "\(name)")
    let first = server.directives()
    #expect(first.map(\.kind) == ["layout", "grants", "delegation"], "\(name)")
    guard case .recallDelegation(let readers) = first[2] else { return }
    #expect(readers.clientid == reader.clientid)
    // Nothing else is said while the data server has not acknowledged.
    #expect(status(change) == .NFS4ERR_DELAY, "\(name)")
    #expect(server.directives().isEmpty)
    let second = server.acknowledge(first).dropFirst(3)
    #expect(second.map(\.kind) == ["delegation"], "\(name)")
    guard case .recallDelegation(let peers) = second.first else { return }
    #expect(peers.clientid == peer.clientid)
    #expect(status(change) == .NFS4ERR_DELAY, "\(name)")
    // Nothing of the file was changed so far.
    #expect(server.tree[file]?.change == before.change, "\(name)")
    #expect(server.tree.named("file")?.handle == file.handle)
    try returnDelegations(first + second)
    #expect(status(change) == .NFS4_OK, "\(name)")
  }

  @Test("from the first attempt on nothing is granted, until the change is over", arguments: 0..<9)
  func nothingGranted(index: Int) throws {
    let (name, change) = changes[index]
    #expect(status(change) == .NFS4ERR_DELAY)
    let other = try TestClient(server, "other")
    for _ in 0..<2 {
      let theirs = try other.open(file)
      #expect(theirs.delegationStateid == nil, "\(name)")
      #expect(status { try other.layout(file, theirs.stateid) } == .NFS4ERR_BADLAYOUT, "\(name)")
      #expect(status { try reader.layout(file, open.stateid) } == .NFS4ERR_BADLAYOUT, "\(name)")
      #expect(
        status { try peer.proxyOpen(routed, open.stateid, for: reader) }
          == .NFS4ERR_PNFS_NO_LAYOUT, "\(name)")
      // Nor when all is back and the writer has not come again.
      try returnDelegations(server.acknowledge())
    }
  }

  @Test("a writer that does not come again holds nothing up for long")
  func forgotten() throws {
    let other = try TestClient(server, "other")
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    try returnDelegations(server.acknowledge())
    server.pass(.seconds(16))
    server.tick()
    #expect(try other.open(file).delegationStateid == nil)
    server.pass(.seconds(1))
    server.tick()
    #expect(try other.open(file, owner: "later").delegationStateid != nil)
  }

  @Test("while others still hold something, the wait of a writer is not forgotten")
  func remembered() throws {
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    let said = server.directives()
    for _ in 0..<5 {
      server.pass(.seconds(10))
      server.tick()
    }
    try returnDelegations(server.acknowledge(said))
    server.pass(.seconds(10))
    server.tick()
    #expect(try reader.open(file, owner: "again").delegationStateid == nil)
    #expect(status { try writer.write(file) } == .NFS4_OK)
  }

  @Test("while the file is open for writing nothing is granted, and afterwards again")
  func openForWriting() throws {
    #expect(status { try writer.open(file, access: 2) } == .NFS4ERR_DELAY)
    try returnDelegations(server.acknowledge())
    let writing = try writer.open(file, access: 3)
    #expect(writing.delegationStateid == nil)
    let other = try TestClient(server, "other")
    let theirs = try other.open(file)
    #expect(theirs.delegationStateid == nil)
    #expect(status { try other.layout(file, theirs.stateid) } == .NFS4ERR_BADLAYOUT)
    #expect(status { try writer.layout(file, writing.stateid) } == .NFS4ERR_BADLAYOUT)
    #expect(
      status { try peer.proxyOpen(routed, open.stateid, for: reader) } == .NFS4ERR_PNFS_NO_LAYOUT)
    try writer.write(file, writing.stateid)
    #expect(server.directives().isEmpty)
    // For reading alone it disturbs nobody.
    let arguments = OPEN_DOWNGRADE4args(
      openStateid: writing.stateid, seqid: 0, shareAccess: 1, shareDeny: 0)
    try writer.run(OPEN_DOWNGRADE.self, arguments, on: file)
    let layout = try other.layout(file, theirs.stateid)
    try peer.proxyOpen(try layout.routed(), theirs.stateid, for: other)
    #expect(try other.open(file, owner: "second").delegationStateid != nil)
  }

  @Test("a version that may still change unnoticed is not granted after the last writer closed")
  func unsettled() throws {
    #expect(status { try writer.open(file, access: 2) } == .NFS4ERR_DELAY)
    try returnDelegations(server.acknowledge())
    let writing = try writer.open(file, access: 2).stateid
    server.tree.change(file) { $0.isSettled = false }
    try writer.close(file, writing)
    let other = try TestClient(server, "other")
    let theirs = try other.open(file)
    #expect(theirs.delegationStateid == nil)
    #expect(status { try other.layout(file, theirs.stateid) } == .NFS4ERR_BADLAYOUT)
    server.tree.change(file) { $0.isSettled = true }
    #expect(throws: Never.self) { try other.layout(file, theirs.stateid) }
  }

  @Test("an open that denies reading takes back what others hold, like one for writing")
  func denyRead() throws {
    try reader.close(file, open.stateid)
    _ = server.acknowledge()
    #expect(status { try writer.open(file, access: 1, deny: 1) } == .NFS4ERR_DELAY)
    try returnDelegations(server.acknowledge())
    let denying = try writer.open(file, access: 1, deny: 1).stateid
    #expect(status { try reader.open(file) } == .NFS4ERR_SHARE_DENIED)
    try writer.close(file, denying)
    #expect(try reader.open(file).delegationStateid != nil)
  }

  @Test("an OPEN that share reservations refuse disturbs nobody")
  func refusedOpen() throws {
    _ = try reader.open(file, owner: "denying", deny: 2)
    _ = server.directives()
    #expect(status { try writer.open(file, access: 2) } == .NFS4ERR_SHARE_DENIED)
    #expect(server.directives().isEmpty)
  }

  @Test("a client keeps its own delegation, but what data servers serve by it ends")
  func ownDelegation() throws {
    #expect(status { try reader.setattr(file, .mode(0o640)) } == .NFS4ERR_DELAY)
    let said = server.acknowledge()
    #expect(said.map(\.kind) == ["layout", "grants", "delegation"])
    try returnDelegations(said)
    try reader.setattr(file, .mode(0o640))
    let held = TEST_STATEID4args(stateids: [try #require(open.delegationStateid)])
    #expect(try reader.run(TEST_STATEID.self, held).statusCodes == [.NFS4_OK])
  }

  @Test("a data server that writes has its own delegation taken like any other")
  func ownDataServer() throws {
    #expect(status { try peer.write(file) } == .NFS4ERR_DELAY)
    let said = server.acknowledge()
    #expect(said.map(\.kind) == ["layout", "grants", "delegation", "delegation"])
    try returnDelegations(said)
    #expect(status { try peer.write(file) } == .NFS4_OK)
  }

  @Test("grants that end otherwise are waited for too, until they are acknowledged")
  func lazyRevocations() throws {
    try reader.giveBack(file, open.delegationStateid)
    let layouts = server.acknowledge()
    #expect(layouts.isEmpty)
    try reader.close(file, open.stateid)
    let closing = server.directives()
    #expect(closing.map(\.kind) == ["grants"])
    try peer.giveBack(file, try peersDelegation())
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    server.acknowledge(closing)
    #expect(status { try writer.write(file) } == .NFS4_OK)
  }

  private func peersDelegation() throws -> Stateid4? {
    // What PROXY_OPEN says again to who asks again.
    let stateid = try reader.open(file, owner: "asks", access: 0x401).stateid
    let routed = try reader.layout(file, stateid).routed()
    let delegation = try peer.proxyOpen(routed, stateid, for: reader).delegation
    try reader.close(file, stateid)
    server.acknowledge()
    return delegation
  }

  @Test("a dead reader's layout holds nobody up, its delegation does for a lease")
  func deadReader() throws {
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    let said = server.acknowledge()
    for case .recallDelegation(let delegation) in said where delegation.clientid == peer.clientid {
      try peer.giveBack(file, delegation.stateid)
    }
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    server.pass(.seconds(91))
    #expect(server.tick() == [reader.clientid])
    // The layout was revoked in the same moment, as nothing could be read by it.
    #expect(status { try writer.write(file) } == .NFS4_OK)
  }

  @Test("a data server that does not acknowledge is waited for until its own lease is over")
  func deadDataServer() throws {
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    let said = server.directives()
    try returnDelegations(said)
    server.pass(.seconds(60))
    // It goes on to renew its lease, but does not answer: it is cut off after a lease.
    _ = try peer.flags()
    _ = try writer.flags()
    server.pass(.seconds(31))
    server.sessions.cutOff(peer.clientid)
    #expect(server.droppedClients == [peer.clientid])
    #expect(status { _ = try peer.flags() } == .NFS4ERR_BADSESSION)
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    server.pass(.seconds(58))
    server.tick()
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    server.pass(.seconds(2))
    server.tick()
    #expect(status { try writer.write(file) } == .NFS4_OK)
  }

  @Test("a data server that restarts or says goodbye serves nothing any more")
  func goneDataServer() throws {
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    try returnDelegations(server.directives())
    _ = try TestClient(server, "peer", verifier: 2, uid: 0)
    #expect(server.droppedClients == [peer.clientid])
    #expect(status { try writer.write(file) } == .NFS4_OK)
  }

  @Test("who waits is told when nothing is in the way any more, not before")
  func cleared() throws {
    #expect(status { try writer.write(file) } == .NFS4ERR_DELAY)
    let first = server.directives()
    _ = server.cleared()
    try returnDelegations(first)
    #expect(server.cleared().isEmpty)
    let second = server.acknowledge(first).dropFirst(first.count)
    #expect(server.cleared().isEmpty)
    try returnDelegations(Array(second))
    #expect(server.cleared() == [file.handle])
    #expect(status { try writer.write(file) } == .NFS4_OK)
  }

  @Test("a COMPOUND that waits is run on from the operation that waited")
  func suspended() throws {
    let request = writer.request {
      $0.append(PUTFH.self, PUTFH4args(object: file.handle))
      $0.append(OPEN.self, .test(access: 2))
      $0.append(
        WRITE.self,
        WRITE4args(
          stateid: .current, offset: 0, stable: .FILE_SYNC4, data: ByteBuffer(string: "new")))
    }
    var work = try #require(server.begin(request, writer))
    #expect(server.operations.advance(&work, mayWait: true) == file.handle)
    #expect(server.operations.advance(&work, mayWait: true) == file.handle)
    try returnDelegations(server.acknowledge())
    #expect(server.operations.advance(&work, mayWait: true) == nil)
    var results = try CompoundResults(server.end(work))
    _ = try results.next(SEQUENCE.self)
    _ = try results.next(PUTFH.self)
    _ = try results.next(OPEN.self)
    #expect(try results.next(WRITE.self).count == 3)
    #expect(server.tree[file]?.content == Array("newtent".utf8))
  }

  @Test("a COMPOUND that has waited long enough is answered NFS4ERR_DELAY")
  func impatient() throws {
    let request = writer.request {
      $0.append(PUTFH.self, PUTFH4args(object: file.handle))
      $0.append(OPEN.self, .test(access: 2))
    }
    var work = try #require(server.begin(request, writer))
    #expect(server.operations.advance(&work, mayWait: true) == file.handle)
    #expect(server.operations.advance(&work, mayWait: false) == nil)
    let results = try CompoundResults(server.end(work))
    #expect(results.status == .NFS4ERR_DELAY)
  }

  @Test("an operation that failed after it had to wait leaves the file open to readers")
  func failed() throws {
    #expect(status { try writer.setattr(file, .mode(0o600)) } == .NFS4ERR_DELAY)
    try returnDelegations(server.acknowledge())
    server.tree.change(file) { $0.changeFailure = .NFS4ERR_IO }
    #expect(status { try writer.setattr(file, .mode(0o600)) } == .NFS4ERR_IO)
    #expect(try TestClient(server, "other").open(file).delegationStateid != nil)
  }

  @Test("sixteen readers behind eight data servers: three rounds of callbacks, all at once")
  func manyReaders() throws {
    let server = TestServer()
    let file = server.tree.add("file", mode: 0o666)
    let peers = try (1...8).map { try TestClient(server, "peer\($0)", uid: 0) }
    for (index, peer) in peers.enumerated() { try peer.register(UInt8(index + 1)) }
    var holders: [Clientid4: TestClient] = [:]
    for peer in peers { holders[peer.clientid] = peer }
    for index in 0..<16 {
      let host = UInt8(index % 8 + 1)
      let reader = try TestClient(server, "reader\(index)", address: [10, 0, 0, host])
      holders[reader.clientid] = reader
      let open = try reader.open(file)
      let routed = try reader.layout(file, open.stateid).routed()
      try peers[index % 8].proxyOpen(routed, open.stateid, for: reader)
    }
    let writer = try TestClient(server, "writer")
    _ = server.directives()
    #expect(status { try writer.open(file, access: 2) } == .NFS4ERR_DELAY)
    let first = server.directives()
    #expect(first.map(\.kind).filter { $0 == "layout" }.count == 16)
    #expect(first.map(\.kind).filter { $0 == "grants" }.count == 16)
    #expect(first.map(\.kind).filter { $0 == "delegation" }.count == 16)
    let second = server.acknowledge(first).dropFirst(first.count)
    #expect(second.map(\.kind) == Array(repeating: "delegation", count: 8))
    for case .recallDelegation(let delegation) in first + second {
      try holders[delegation.clientid]?.giveBack(file, delegation.stateid)
    }
    #expect(status { try writer.open(file, access: 2) } == .NFS4_OK)
  }
}
