import NFSv4
import Testing

@Suite struct COMMITTests {
  private let server = TestServer()

  @Test(
    "only regular files are committed",
    arguments: [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_SYMLINK),
      (.NF4FIFO, .NFS4ERR_WRONG_TYPE),
      (.NF4REG, .NFS4_OK),
    ])
  func types(type: NfsFtype4, expected: Nfsstat4) throws {
    let client = try TestClient(server)
    let object = server.tree.add("object", type)
    let arguments = COMMIT4args(offset: 0, count: 0)
    #expect(status { try client.run(COMMIT.self, arguments, on: object) } == expected)
    #expect(status { try client.run(COMMIT.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("the verifier changes with the server's restart")
  func verifier() throws {
    let arguments = COMMIT4args(offset: 0, count: 0)
    let verifiers = try ([1, 2] as [UInt32]).map { instance in
      let server = TestServer(instance: instance)
      let object = server.tree.add("file")
      return try TestClient(server).run(COMMIT.self, arguments, on: object).writeverf
    }
    #expect(verifiers[0] != verifiers[1])
  }
}
