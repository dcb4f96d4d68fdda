import NFSv4
import Testing

@Suite struct OPEN_DOWNGRADETests {
  private let server = TestServer()

  private func arguments(
    _ stateid: Stateid4, access: UInt32, deny: UInt32
  ) -> OPEN_DOWNGRADE4args {
    OPEN_DOWNGRADE4args(openStateid: stateid, seqid: 0, shareAccess: access, shareDeny: deny)
  }

  @Test("what is not open cannot be kept")
  func refusals() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let stateid = try client.open(file, deny: 2).stateid
    for (access, deny) in [(0, 0), (2, 0), (3, 0), (1, 1), (1, 3)] as [(UInt32, UInt32)] {
      let arguments = arguments(stateid, access: access, deny: deny)
      #expect(
        status { try client.run(OPEN_DOWNGRADE.self, arguments, on: file) } == .NFS4ERR_INVAL)
    }
    let made = Stateid4(seqid: 1, other: StateidOther(high: 1, low: 1))
    #expect(
      status {
        try client.run(
          OPEN_DOWNGRADE.self, arguments(made, access: 1, deny: 0), on: file)
      } == .NFS4ERR_BAD_STATEID)
  }

  @Test("a narrower open has the next seqid, and lets others in")
  func narrower() throws {
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let file = server.tree.add("file")
    let stateid = try client.open(file, deny: 1).stateid
    #expect(status { try other.open(file) } == .NFS4ERR_SHARE_DENIED)
    let narrowed = try client.run(
      OPEN_DOWNGRADE.self, arguments(stateid, access: 1, deny: 0), on: file)
    #expect(narrowed.openStateid == Stateid4(seqid: 2, other: stateid.other))
    #expect(throws: Never.self) { try other.open(file) }
  }
}
