import NFSv4
import Testing

@Suite struct LAYOUTERRORTests {
  private let server = TestServer()

  private func arguments(_ stateid: Stateid4, errorCount: Int) -> LAYOUTERROR4args {
    let error = DeviceError4(
      deviceid: Deviceid4(high: 0, low: 0), status: .NFS4ERR_IO, opnum: .OP_READ)
    return LAYOUTERROR4args(
      offset: 0, length: .max, stateid: stateid,
      errors: Array(repeating: error, count: errorCount))
  }

  @Test("only of a layout of the file; errors are counted, and nobody loses a data server by them")
  func counted() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let other = try TestClient(server, "other")
    let file = server.tree.add("file")
    let open = try client.open(file).stateid
    let held = try client.layout(file, open).stateid
    func run(
      _ client: TestClient, _ arguments: LAYOUTERROR4args, _ object: MemoryTree.Object?
    ) -> Nfsstat4 {
      status { try client.run(LAYOUTERROR.self, arguments, on: object) }
    }
    #expect(run(client, arguments(held, errorCount: 1), nil) == .NFS4ERR_NOFILEHANDLE)
    #expect(run(client, arguments(open, errorCount: 1), file) == .NFS4ERR_BAD_STATEID)
    #expect(run(other, arguments(held, errorCount: 1), file) == .NFS4ERR_BAD_STATEID)
    #expect(server.operations.readCounters.layoutErrorCount == 0)
    #expect(run(client, arguments(held, errorCount: 3), file) == .NFS4_OK)
    #expect(server.operations.readCounters.layoutErrorCount == 3)
    #expect(server.operations.withState { $0.layoutCount } == 1)
  }
}
