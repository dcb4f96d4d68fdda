import NFSv4
import Testing

@Suite struct OFFLOAD_CANCELTests {
  private let server = TestServer()

  @Test("no stateid is one of a copy, as none outlives its reply")
  func unknown() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file", uid: 1000)
    let open = try client.open(file, access: 3).stateid
    for stateid: Stateid4 in [open, .anonymous, .current, .invalid] {
      let arguments = OFFLOAD_CANCEL4args(stateid: stateid)
      #expect(
        status { try client.run(OFFLOAD_CANCEL.self, arguments, on: file) } == .NFS4ERR_BAD_STATEID)
    }
  }

  @Test("without a filehandle")
  func noFilehandle() throws {
    let arguments = OFFLOAD_CANCEL4args(stateid: .anonymous)
    let client = try TestClient(server)
    #expect(
      status { try client.run(OFFLOAD_CANCEL.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }
}
