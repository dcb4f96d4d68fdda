import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct LAYOUTGETTests {
  private let server = TestServer()

  private func get(
    _ client: TestClient, _ arguments: LAYOUTGET4args, _ object: MemoryTree.Object
  ) -> Nfsstat4 {
    status { try client.run(LAYOUTGET.self, arguments, on: object) }
  }

  private func choice(_ layout: LAYOUTGET4resok) throws -> UInt64 {
    try layout.files().deviceid.low
  }

  @Test("without a data server the client reads here and asks again: BADLAYOUT")
  func noServer() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let stateid = try client.open(file).stateid
    #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    server.sessions.withTable { _ = $0.connectionClosed(peer.connection) }
    _ = server.operations.withState {
      $0.setReachable(false, clientid: peer.clientid, now: server.now)
    }
    #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
  }

  @Test("not this mode, not this file: LAYOUTUNAVAILABLE")
  func unavailable() throws {
    let server = TestServer { $0.minFileBytes = 7 }
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let (file, small) = (server.tree.add("file"), server.tree.add("small", content: [1, 2]))
    let directory = server.tree.add("dir", .NF4DIR)
    let stateid = try client.open(file).stateid
    let smallStateid = try client.open(small).stateid
    let write = LAYOUTGET4args.test(stateid, iomode: .LAYOUTIOMODE4_RW)
    #expect(get(client, write, file) == .NFS4ERR_LAYOUTUNAVAILABLE)
    #expect(get(client, .test(smallStateid), small) == .NFS4ERR_LAYOUTUNAVAILABLE)
    #expect(get(client, .test(stateid), directory) == .NFS4ERR_LAYOUTUNAVAILABLE)
    server.tree.change(file) { $0.isServed = false }
    #expect(get(client, .test(stateid), file) == .NFS4ERR_LAYOUTUNAVAILABLE)
    server.tree.change(file) { $0.isServed = true }
    #expect(get(client, .test(stateid), file) == .NFS4_OK)
  }

  @Test("requests that make no sense are refused, each with its own status")
  func malformed() throws {
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let file = server.tree.add("file")
    let stateid = try client.open(file).stateid
    let cases: [(LAYOUTGET4args, Nfsstat4)] = [
      (.test(stateid, type: .FLEX_FILES), .NFS4ERR_UNKNOWN_LAYOUTTYPE),
      (.test(stateid, iomode: .LAYOUTIOMODE4_ANY), .NFS4ERR_BADIOMODE),
      (.test(stateid, length: 0, minlength: 0), .NFS4ERR_INVAL),
      (.test(stateid, length: 10, minlength: 11), .NFS4ERR_INVAL),
      (.test(stateid, offset: .max - 9, length: 10, minlength: 0), .NFS4ERR_INVAL),
      (.test(stateid, offset: .max - 9, minlength: 10), .NFS4ERR_INVAL),
      (.test(stateid, maxcount: 50), .NFS4ERR_TOOSMALL),
      (.test(.anonymous), .NFS4ERR_BAD_STATEID), (.test(.current), .NFS4ERR_BAD_STATEID),
    ]
    for (arguments, expected) in cases { #expect(get(client, arguments, file) == expected) }
    let another = server.tree.add("another")
    #expect(get(client, .test(stateid), another) == .NFS4ERR_BAD_STATEID)
    let other = try TestClient(server, "other")
    #expect(get(other, .test(stateid), file) == .NFS4ERR_BAD_STATEID)
    #expect(server.operations.withState { $0.layoutCount } == 0)
  }

  @Test("what still changes, is empty or cannot be looked at is read here: BADLAYOUT")
  func notNow() throws {
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let file = server.tree.add("file")
    let stateid = try client.open(file).stateid
    server.tree.change(file) { $0.isSettled = false }
    #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
    server.tree.change(file) { $0.isSettled = true }
    for failure: Nfsstat4 in [.NFS4ERR_IO, .NFS4ERR_ACCESS, .NFS4ERR_NOSPC, .NFS4ERR_DELAY] {
      server.tree.change(file) { $0.versionFailure = failure }
      #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
    }
    server.tree.change(file) { $0.versionFailure = .NFS4ERR_STALE }
    #expect(get(client, .test(stateid), file) == .NFS4ERR_STALE)
  }

  @Test("the whole file for reading, sparse, with a routed filehandle of 128 bytes at most")
  func granted() throws {
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    let registered = try peer.register(9)
    let file = server.tree.add("file")
    let layout = try client.layout(file, try client.open(file).stateid)
    #expect(!layout.returnOnClose)
    try #require(layout.layout.count == 1)
    #expect(layout.layout[0].offset == 0 && layout.layout[0].length == .max)
    #expect(layout.layout[0].iomode == .LAYOUTIOMODE4_READ)
    let files = try layout.files()
    #expect(files.firstStripeIndex == 0 && files.patternOffset == 0)
    #expect(files.util.rawValue & NflUtil4.flagMask == 0 && files.util.stripeUnitBytes >= 1 << 20)
    try #require(files.fhList.count == 1)
    var routed = files.fhList[0].bytes
    let cookie = routed.readInteger(as: UInt64.self)
    #expect(cookie == registered.cookie)
    #expect(NfsFh4(routed) == file.handle)
  }

  @Test("one stateid for a client and file, whose seqid goes up each time")
  func seqids() throws {
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let file = server.tree.add("file")
    let first = try client.layout(file, try client.open(file).stateid).stateid
    #expect(first.seqid == 1)
    var last = first
    for seqid: UInt32 in 2...5 {
      last = try client.layout(file, last).stateid
      #expect(last == Stateid4(seqid: seqid, other: first.other))
    }
    // Several requests may be under way: an earlier seqid will do, a later one not.
    #expect(try client.layout(file, first).stateid.seqid == 6)
    last.seqid = 8
    #expect(get(client, .test(last), file) == .NFS4ERR_BAD_STATEID)
    #expect(server.operations.withState { $0.layoutCount } == 1)
  }

  @Test("in the COMPOUND of OPEN the current stateid stands for the open")
  func withOpen() throws {
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    server.tree.add("file")
    var results = try client.compound {
      $0.append(PUTROOTFH.self, Void4())
      $0.append(OPEN.self, .test(claim: .null(Array("file".utf8))))
      $0.append(GETFH.self, Void4())
      $0.append(LAYOUTGET.self, .test(.current))
    }
    _ = try results.next(PUTROOTFH.self)
    _ = try results.next(OPEN.self)
    _ = try results.next(GETFH.self)
    #expect(try results.next(LAYOUTGET.self).stateid.seqid == 1)
  }

  @Test("a delegation is enough")
  func delegation() throws {
    let client = try TestClient(server)
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let file = server.tree.add("file")
    let delegation = try #require(try client.open(file).delegationStateid)
    #expect(throws: Never.self) { try client.layout(file, delegation) }
  }

  @Test("the data server on the client's own address is chosen")
  func nearest() throws {
    let peers = try (1...5).map { host in
      let peer = try TestClient(server, "peer\(host)")
      return try peer.register(UInt8(host)).deviceid.low
    }
    let file = server.tree.add("file")
    for host in 1...5 {
      let client = try TestClient(server, "client\(host)", address: [10, 0, 0, UInt8(host)])
      let layout = try client.layout(file, try client.open(file).stateid)
      #expect(try choice(layout) == peers[host - 1])
    }
  }

  @Test("who drops a layout without a word is sent elsewhere, then nowhere, and later again")
  func forgotten() throws {
    for host: UInt8 in [1, 2] { try TestClient(server, "peer\(host)").register(host) }
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let stateid = try client.open(file).stateid
    let first = try choice(client.layout(file, stateid))
    // Once may be a recall that crossed the request.
    #expect(try choice(client.layout(file, stateid)) == first)
    let second = try choice(client.layout(file, stateid))
    #expect(second != first)
    _ = try client.layout(file, stateid)
    #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
    server.pass(.seconds(31))
    #expect(try choice(client.layout(file, stateid)) == first)
  }

  @Test("with one data server, who drops its layout twice reads here")
  func forgottenAlone() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let stateid = try client.open(file).stateid
    _ = try client.layout(file, stateid)
    _ = try client.layout(file, stateid)
    #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
    // Other files are not concerned.
    let another = server.tree.add("another")
    #expect(throws: Never.self) { try client.layout(another, try client.open(another).stateid) }
  }

  @Test("a LAYOUTGET that is refused because of a change still tells of it, in order")
  func changeIsTold() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server, back: false)
    let file = server.tree.add("file")
    let stateid = try client.open(file).stateid
    let layout = try client.layout(file, stateid)
    try peer.proxyOpen(try layout.routed(), stateid, for: client)
    server.tree.rewrite(file)
    _ = server.directives()
    #expect(get(client, .test(layout.stateid), file) == .NFS4ERR_BADLAYOUT)
    let directives = server.directives()
    try #require(directives.count == 3)
    guard case .recallLayout = directives[0], case .revokeGrants = directives[1],
      case .recallDelegation(let recalled) = directives[2]
    else {
      Issue.record("\(directives)")
      return
    }
    #expect(recalled.clientid == peer.clientid)
    // Once is enough.
    #expect(get(client, .test(stateid), file) == .NFS4ERR_BADLAYOUT)
    #expect(server.directives().isEmpty)
  }
}
