import NFSv4
import NIOCore
import Testing

@Suite struct GETATTRTests {
  private let server = TestServer()

  private func attributes(
    _ client: TestClient, _ mask: Bitmap4, _ object: MemoryTree.Object
  ) throws -> FileAttributes {
    let resok = try client.run(GETATTR.self, GETATTR4args(attrRequest: mask), on: object)
    return try FileAttributes(decoding: resok.objAttributes)
  }

  @Test("attributes that can only be set cannot be asked for")
  func writeOnly() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let mask = Bitmap4(attributes: [FATTR4.TIME_MODIFY_SET])
    #expect(status { _ = try attributes(client, mask, file) } == .NFS4ERR_INVAL)
    #expect(
      status { try client.run(GETATTR.self, GETATTR4args(attrRequest: Bitmap4(1))) }
        == .NFS4ERR_NOFILEHANDLE)
  }

  @Test("what is unknown is left out, and the server's own attributes are there")
  func own() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    let all = try attributes(
      client,
      Bitmap4(attributes: [
        FATTR4.SUPPORTED_ATTRS, FATTR4.TYPE, FATTR4.SIZE, FATTR4.LEASE_TIME, FATTR4.MAXREAD,
        FATTR4.FS_LAYOUT_TYPES, FATTR4.SUPPATTR_EXCLCREAT, FATTR4.MIMETYPE, FATTR4.RDATTR_ERROR,
      ]), file)
    #expect(all.leaseTime == TestServer.leaseSeconds)
    #expect(all.maxread == 1 << 20)
    #expect(all.fsLayoutTypes == [1])
    let exclusive = try #require(all.suppattrExclcreat)
    #expect(
      exclusive.contains(bit: FATTR4.MODE) && !exclusive.contains(bit: FATTR4.TIME_ACCESS_SET))
    #expect(all.rdattrError == .NFS4_OK)
    #expect(all.type == .NF4REG && all.size == 7)
    let supported = try #require(all.supportedAttrs)
    #expect(supported.contains(bit: FATTR4.FS_LAYOUT_TYPES))
    #expect(FileAttributes.required.isSubset(of: supported))
    #expect(exclusive.isSubset(of: supported))
  }

  @Test("a server that gives no layouts names no layout type")
  func noLayouts() throws {
    let server = TestServer { $0.grantsLayouts = false }
    let client = try TestClient(server)
    let mask = Bitmap4(attributes: [FATTR4.FS_LAYOUT_TYPES])
    #expect(try attributes(client, mask, server.tree.add("file")).fsLayoutTypes == [])
  }

  @Test("an object that is gone is stale")
  func stale() throws {
    let client = try TestClient(server)
    let file = server.tree.add("file")
    server.tree.remove(file)
    #expect(status { _ = try attributes(client, Bitmap4(2), file) } == .NFS4ERR_STALE)
  }
}
