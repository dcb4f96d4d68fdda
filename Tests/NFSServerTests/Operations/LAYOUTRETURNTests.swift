import NFSServer
import NFSv4
import NIOCore
import Testing

extension LAYOUTRETURN4args {
  fileprivate static func file(
    _ stateid: Stateid4, iomode: Layoutiomode4 = .LAYOUTIOMODE4_ANY,
    type: Layouttype4 = .NFSV4_1_FILES, reclaim: Bool = false
  ) -> LAYOUTRETURN4args {
    LAYOUTRETURN4args(
      reclaim: reclaim, layoutType: type, iomode: iomode,
      layoutreturn: .file(
        LayoutreturnFile4(offset: 0, length: .max, stateid: stateid, body: ByteBuffer())))
  }
}

@Suite struct LAYOUTRETURNTests {
  private let server = TestServer()

  private func giveBack(
    _ client: TestClient, _ arguments: LAYOUTRETURN4args, _ object: MemoryTree.Object
  ) -> Nfsstat4 {
    status { try client.run(LAYOUTRETURN.self, arguments, on: object) }
  }

  @Test("what is not held cannot be returned")
  func refusals() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let (file, another) = (server.tree.add("file"), server.tree.add("another"))
    let open = try client.open(file).stateid
    let held = try client.layout(file, open).stateid
    let later = Stateid4(seqid: 2, other: held.other)
    #expect(giveBack(client, .file(open), file) == .NFS4ERR_BAD_STATEID)
    #expect(giveBack(client, .file(later), file) == .NFS4ERR_BAD_STATEID)
    #expect(giveBack(client, .file(held), another) == .NFS4ERR_BAD_STATEID)
    #expect(giveBack(other, .file(held), file) == .NFS4ERR_BAD_STATEID)
    let unknown = LAYOUTRETURN4args.file(held, type: .FLEX_FILES)
    #expect(giveBack(client, unknown, file) == .NFS4ERR_UNKNOWN_LAYOUTTYPE)
    #expect(giveBack(client, .file(held, reclaim: true), file) == .NFS4ERR_NO_GRACE)
    #expect(server.operations.withState { $0.layoutCount } == 1)
  }

  @Test("returning what may be written returns nothing, and counts")
  func readWrite() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let held = try client.layout(file, try client.open(file).stateid).stateid
    let resok = try client.run(
      LAYOUTRETURN.self, .file(held, iomode: .LAYOUTIOMODE4_RW), on: file)
    #expect(resok.stateid == Stateid4(seqid: 2, other: held.other))
    #expect(server.operations.withState { $0.layoutCount } == 1)
  }

  @Test("with the layout go the grants under it, and the next one is another")
  func grants() throws {
    let peer = try TestClient(server, "peer")
    try peer.register(9)
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    let layout = try client.layout(file, open)
    let grant = try peer.proxyOpen(try layout.routed(), open, for: client)
    _ = server.directives()
    #expect(try client.run(LAYOUTRETURN.self, .file(layout.stateid), on: file).stateid == nil)
    guard case .revokeGrants(let revoked) = server.directives().first else {
      Issue.record("no revocation")
      return
    }
    #expect(revoked.stateids == [grant.proxyStateid])
    #expect(giveBack(client, .file(layout.stateid), file) == .NFS4ERR_BAD_STATEID)
    #expect(try client.layout(file, open).stateid.other != layout.stateid.other)
  }

  @Test("everything is returned at once, and only one's own")
  func all() throws {
    try TestClient(server, "peer").register(9)
    let (client, other) = (try TestClient(server), try TestClient(server, "other"))
    let files = (0..<3).map { server.tree.add("file\($0)") }
    for file in files { try client.layout(file, try client.open(file).stateid) }
    try other.layout(files[0], try other.open(files[0]).stateid)
    let arguments = LAYOUTRETURN4args(
      reclaim: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, layoutreturn: .all)
    #expect(try client.run(LAYOUTRETURN.self, arguments).stateid == nil)
    #expect(server.operations.withState { $0.layoutCount } == 1)
  }
}
