import NFSv4
import Testing

@Suite struct NVERIFYTests {
  private let server = TestServer()

  @Test("attributes that cannot be compared are refused, each with its own status")
  func refusals() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    for (attributes, expected) in incomparable {
      let arguments = NVERIFY4args(objAttributes: attributes)
      #expect(status { try client.run(NVERIFY.self, arguments, on: file) } == expected)
    }
  }

  @Test("the COMPOUND goes on only when an attribute differs")
  func comparison() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    for (size, expected) in [(8, Nfsstat4.NFS4_OK), (7, .NFS4ERR_SAME)] {
      let arguments = NVERIFY4args(objAttributes: sizeAttribute(UInt64(size)))
      #expect(status { try client.run(NVERIFY.self, arguments, on: file) } == expected)
    }
  }
}
