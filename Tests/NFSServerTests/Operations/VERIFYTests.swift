import NFSv4
import NIOCore
import Testing

/// An attribute list with this size.
func sizeAttribute(_ size: UInt64) -> Fattr4 {
  var attributes = FileAttributes()
  attributes.size = size
  return Fattr4(attributes)
}

/// Attribute lists that neither VERIFY nor NVERIFY compares, and what they say.
let incomparable: [(Fattr4, Nfsstat4)] = [
  (Fattr4(attrmask: Bitmap4(attributes: [FATTR4.TIME_MODIFY_SET])), .NFS4ERR_INVAL),
  (Fattr4(attrmask: Bitmap4(attributes: [FATTR4.RDATTR_ERROR])), .NFS4ERR_INVAL),
  (Fattr4(attrmask: Bitmap4(attributes: [FATTR4.MIMETYPE])), .NFS4ERR_ATTRNOTSUPP),
  (
    Fattr4(attrmask: Bitmap4(attributes: [FATTR4.SIZE]), attrVals: ByteBuffer(bytes: [0])),
    .NFS4ERR_BADXDR
  ),
]

@Suite struct VERIFYTests {
  private let server = TestServer()

  @Test("attributes that cannot be compared are refused, each with its own status")
  func refusals() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    for (attributes, expected) in incomparable {
      let arguments = VERIFY4args(objAttributes: attributes)
      #expect(status { try client.run(VERIFY.self, arguments, on: file) } == expected)
    }
  }

  @Test("the COMPOUND goes on only while the attributes are the same")
  func comparison() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    for (size, expected) in [(7, Nfsstat4.NFS4_OK), (8, .NFS4ERR_NOT_SAME)] {
      let arguments = VERIFY4args(objAttributes: sizeAttribute(UInt64(size)))
      #expect(status { try client.run(VERIFY.self, arguments, on: file) } == expected)
    }
  }
}
