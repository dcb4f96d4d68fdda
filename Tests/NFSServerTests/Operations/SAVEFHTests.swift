import NFSv4
import Testing

@Suite struct SAVEFHTests {
  @Test("without a filehandle there is nothing to save")
  func none() throws {
    let client = try TestClient(TestServer())
    #expect(status { try client.run(SAVEFH.self, Void4()) } == .NFS4ERR_NOFILEHANDLE)
  }
}
