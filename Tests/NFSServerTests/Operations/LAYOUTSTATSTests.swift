import NFSv4
import NIOCore
import Testing

@Suite struct LAYOUTSTATSTests {
  private let server = TestServer()

  private func arguments(
    _ stateid: Stateid4, type: Layouttype4 = .NFSV4_1_FILES
  ) -> LAYOUTSTATS4args {
    LAYOUTSTATS4args(
      offset: 0, length: .max, stateid: stateid, read: IoInfo4(count: 3, bytes: 300),
      write: IoInfo4(count: 0, bytes: 0), deviceid: Deviceid4(high: 0, low: 0),
      layoutupdate: Layoutupdate4(type: type, body: ByteBuffer()))
  }

  @Test("only a layout of the file is reported on")
  func refusals() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let (file, another) = (server.tree.add("file"), server.tree.add("another"))
    let open = try client.open(file).stateid
    let held = try client.layout(file, open).stateid
    func run(
      _ client: TestClient, _ arguments: LAYOUTSTATS4args, _ object: MemoryTree.Object?
    ) -> Nfsstat4 {
      status { try client.run(LAYOUTSTATS.self, arguments, on: object) }
    }
    #expect(run(client, arguments(held), nil) == .NFS4ERR_NOFILEHANDLE)
    #expect(run(client, arguments(open), file) == .NFS4ERR_BAD_STATEID)
    #expect(run(client, arguments(held), another) == .NFS4ERR_BAD_STATEID)
    #expect(run(other, arguments(held), file) == .NFS4ERR_BAD_STATEID)
    let flexible = arguments(held, type: .FLEX_FILES)
    #expect(run(client, flexible, file) == .NFS4ERR_UNKNOWN_LAYOUTTYPE)
    #expect(server.operations.readCounters.layoutStatisticCount == 0)
    #expect(run(client, arguments(held), file) == .NFS4_OK)
    #expect(server.operations.readCounters.layoutStatisticCount == 1)
  }
}
