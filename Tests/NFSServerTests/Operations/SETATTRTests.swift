import NFSServer
import NFSv4
import NIOCore
import Testing

/// SETATTR (RFC 8881 §18.30): what it refuses, always with the attributes that were set.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_ACCESS, _PERM | the caller may not write, or does not own the file |
/// | NFS4ERR_ATTRNOTSUPP | an attribute that the file system has not |
/// | NFS4ERR_BADXDR | values that do not fit the mask |
/// | NFS4ERR_BAD_STATEID, _OLD_STATEID, _DELEG_REVOKED, _OPENMODE | the stateid, with a size |
/// | NFS4ERR_DELAY | others hold something of the file |
/// | NFS4ERR_INVAL | attributes that cannot be set, a size of what is no file, two modes |
/// | NFS4ERR_ISDIR | a size of a directory |
/// | NFS4ERR_LOCKED | a size by a special stateid, and an open denies writing |
/// | NFS4ERR_NOFILEHANDLE, _STALE, _ROFS | the filehandle |
/// | NFS4ERR_IO, _NOSPC, _DQUOT, _FBIG, _BADOWNER | the file system |
@Suite struct SETATTRTests {
  private let server = TestServer()
  private let client: TestClient
  private let file: MemoryTree.Object

  init() throws {
    client = try TestClient(server)
    file = server.tree.add("file", uid: 1000)
  }

  /// The status and, always, the attributes that were set.
  private func answer(
    _ fattr: Fattr4, _ object: MemoryTree.Object? = nil, _ stateid: Stateid4 = .anonymous
  ) throws -> (Nfsstat4, Bitmap4) {
    let object = object ?? file
    let reply = server.reply(
      client.request {
        $0.append(PUTFH.self, PUTFH4args(object: object.handle))
        $0.append(SETATTR.self, SETATTR4args(stateid: stateid, objAttributes: fattr))
      }, caller: client.caller, connection: client.connection)
    let bytes = try #require(reply)
    var results = try CompoundResults(bytes)
    _ = try results.next(SEQUENCE.self)
    _ = try results.next(PUTFH.self)
    // The bitmap is the last thing in the reply: a count, and its words.
    let tail = Array(bytes.readableBytesView.suffix(12))
    let last = ByteBuffer(bytes: tail)
    if results.status == .NFS4_OK { return (.NFS4_OK, try results.next(SETATTR.self).attrsset) }
    if (try? Bitmap4(xdr: last)) != nil { return (results.status, try Bitmap4(xdr: last)) }
    if let one = try? Bitmap4(xdr: ByteBuffer(bytes: tail.suffix(8))) {
      return (results.status, one)
    }
    return (results.status, try Bitmap4(xdr: ByteBuffer(bytes: tail.suffix(4))))
  }

  private func refusal(
    _ attributes: FileAttributes, _ object: MemoryTree.Object? = nil,
    _ stateid: Stateid4 = .anonymous
  ) throws -> Nfsstat4 { try answer(Fattr4(attributes), object, stateid).0 }

  @Test("attributes that are not supported, cannot be set, are two modes or malformed")
  func badAttributes() throws {
    var unsupported = FileAttributes()
    unsupported.cansettime = true
    var lease = FileAttributes()
    lease.leaseTime = 1
    var modes = FileAttributes.mode(0o600)
    modes.modeSetMasked = ModeMasked4(valueToSet: 0, maskBits: 1)
    var umask = FileAttributes()
    umask.modeUmask = ModeUmask4(mode: 0o666, umask: 0)
    let malformed = Fattr4(attrmask: .bits(FATTR4.SIZE), attrVals: ByteBuffer(bytes: [0]))
    let unknown = Fattr4(attrmask: Bitmap4(0, 0, 1 << 31))
    for (fattr, expected) in [
      (Fattr4(unsupported), Nfsstat4.NFS4ERR_ATTRNOTSUPP), (unknown, .NFS4ERR_ATTRNOTSUPP),
      (Fattr4(lease), .NFS4ERR_INVAL), (Fattr4(modes), .NFS4ERR_INVAL),
      (Fattr4(umask), .NFS4ERR_INVAL), (malformed, .NFS4ERR_BADXDR),
    ] {
      let (status, set) = try answer(fattr)
      #expect(status == expected && set.isEmpty)
    }
    #expect(try answer(Fattr4()).0 == .NFS4_OK)
  }

  @Test("only a regular file has a size to be set")
  func types() throws {
    for (type, expected) in [
      (NfsFtype4.NF4DIR, Nfsstat4.NFS4ERR_ISDIR), (.NF4LNK, .NFS4ERR_INVAL),
      (.NF4FIFO, .NFS4ERR_INVAL),
    ] {
      let object = server.tree.add("\(type)", type, uid: 1000)
      #expect(try refusal(.size(1), object) == expected)
      #expect(try refusal(.mode(0o600), object) == .NFS4_OK)
    }
  }

  @Test("a size is set by the right of an open for writing, whatever the mode became")
  func sizeByOpen() throws {
    let open = try client.open(file, access: 3).stateid
    server.tree.change(file) { $0.mode = 0o444 }
    #expect(try client.setattr(file, .size(3), open) == .bits(FATTR4.SIZE))
    #expect(server.tree[file]?.content == Array("con".utf8))
    #expect(try refusal(.size(4)) == .NFS4ERR_ACCESS)
    try client.setattr(file, .size(5), open)
    #expect(server.tree[file]?.content == Array("con".utf8) + [0, 0])
  }

  @Test("with a size the stateid is checked, without one it is not looked at")
  func stateids() throws {
    let open = try client.open(file, access: 1)
    let made = Stateid4(seqid: 0, other: StateidOther(high: 1 << 56 | 99, low: 0x0a0b_0c0d))
    let delegation = try #require(open.delegationStateid)
    for (stateid, expected) in [
      (made, Nfsstat4.NFS4ERR_BAD_STATEID), (open.stateid, .NFS4ERR_OPENMODE),
      (delegation, .NFS4ERR_OPENMODE), (.current, .NFS4ERR_BAD_STATEID),
    ] {
      #expect(try refusal(.size(1), nil, stateid) == expected)
      #expect(try refusal(.mode(0o640), nil, stateid) == .NFS4_OK)
    }
  }

  @Test("a size by a special stateid is kept out by an open that denies writing")
  func locked() throws {
    _ = try TestClient(server, "other").open(file, access: 1, deny: 2)
    server.acknowledge()
    #expect(try refusal(.size(1)) == .NFS4ERR_LOCKED)
  }

  @Test("what was set before a failure is said")
  func partly() throws {
    server.tree.change(file) { $0.changeFailure = .NFS4ERR_IO }
    var both = FileAttributes.size(1)
    both.mode = 0o600
    let (status, set) = try answer(Fattr4(both))
    #expect(status == .NFS4ERR_IO && set == .bits(FATTR4.SIZE))
  }

  @Test("rights, a read-only export, and no filehandle")
  func rights() throws {
    client.caller.principal = sys(7)
    #expect(try refusal(.mode(0o600)) == .NFS4ERR_PERM)
    #expect(try refusal(.size(0)) == .NFS4ERR_ACCESS)
    client.caller.principal = sys(1000)
    server.tree.setReadOnly()
    #expect(try refusal(.mode(0o600)) == .NFS4ERR_ROFS)
    let arguments = SETATTR4args(stateid: .anonymous, objAttributes: Fattr4())
    #expect(status { try client.run(SETATTR.self, arguments) } == .NFS4ERR_NOFILEHANDLE)
  }
}
