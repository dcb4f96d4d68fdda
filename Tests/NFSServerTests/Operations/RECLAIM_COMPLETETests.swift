import NFSv4
import Testing

@Suite struct RECLAIM_COMPLETETests {
  @Test("it comes once for all file systems, and as often as it likes for one")
  func once() throws {
    let client = try TestClient(TestServer())
    for _ in 0..<2 {
      #expect(throws: Never.self) {
        try client.run(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: true))
      }
    }
    let arguments = RECLAIM_COMPLETE4args(oneFs: false)
    #expect(throws: Never.self) { try client.run(RECLAIM_COMPLETE.self, arguments) }
    #expect(
      status { try client.run(RECLAIM_COMPLETE.self, arguments) } == .NFS4ERR_COMPLETE_ALREADY)
  }

  @Test("it needs a session")
  func session() throws {
    let client = try TestClient(TestServer())
    let arguments = RECLAIM_COMPLETE4args(oneFs: false)
    #expect(
      status { try client.alone(RECLAIM_COMPLETE.self, arguments) } == .NFS4ERR_OP_NOT_IN_SESSION)
  }
}
