import NFSv4
import NIOCore
import Testing

@Suite struct PUTFHTests {
  @Test("a handle this server never made is bad, one of an object that is gone is stale")
  func refusals() throws {
    let server = TestServer()
    let client = try TestClient(server)
    let file = server.tree.add("file")
    for bytes in [[], [1, 2, 3], Array(repeating: 0, count: 128)] as [[UInt8]] {
      let arguments = PUTFH4args(object: NfsFh4(ByteBuffer(bytes: bytes)))
      #expect(status { try client.run(PUTFH.self, arguments) } == .NFS4ERR_BADHANDLE)
    }
    server.tree.remove(file)
    let arguments = PUTFH4args(object: file.handle)
    #expect(status { try client.run(PUTFH.self, arguments) } == .NFS4ERR_STALE)
  }
}
