import NFSServer
import NFSv4
import NIOCore
import Testing

/// CREATE (RFC 8881 §18.4): what it refuses.
///
/// | error | when |
/// |---|---|
/// | NFS4ERR_ACCESS, _PERM | the directory may not be changed; devices of ordinary users |
/// | NFS4ERR_ATTRNOTSUPP, _BADXDR, _INVAL | attributes |
/// | NFS4ERR_BADCHAR, _BADNAME, _NAMETOOLONG, _INVAL | names and the text of links |
/// | NFS4ERR_BADTYPE | regular files, named attributes |
/// | NFS4ERR_EXIST | the name is taken |
/// | NFS4ERR_NOFILEHANDLE, _NOTDIR, _ROFS, _STALE | the filehandle |
@Suite struct CREATETests {
  private let server = TestServer()
  private let client: TestClient

  init() throws {
    client = try TestClient(server)
    server.tree.change(try server.tree.root()) { $0.mode = 0o777 }
  }

  private func arguments(
    _ type: Createtype4, _ name: String = "new", _ attributes: FileAttributes = .mode(0o750)
  ) -> CREATE4args {
    CREATE4args(objtype: type, objname: Array(name.utf8), createattrs: Fattr4(attributes))
  }

  private func refusal(_ arguments: CREATE4args, on object: MemoryTree.Object? = nil) -> Nfsstat4 {
    status { try client.run(CREATE.self, arguments, on: object ?? server.tree.root()) }
  }

  @Test("every type but regular files is made, with its attributes, and is the current object")
  func types() throws {
    client.caller.principal = sys(0)
    let device = Specdata4(specdata1: 8, specdata2: 1)
    for (type, expected) in [
      (Createtype4.dir, NfsFtype4.NF4DIR), (.lnk(Array("target".utf8)), .NF4LNK),
      (.fifo, .NF4FIFO), (.sock, .NF4SOCK), (.blk(device), .NF4BLK), (.chr(device), .NF4CHR),
    ] {
      var results = try client.compound {
        $0.append(PUTROOTFH.self, Void4())
        $0.append(CREATE.self, arguments(type, "\(expected)"))
        $0.append(GETFH.self, Void4())
      }
      _ = try results.next(PUTROOTFH.self)
      let made = try results.next(CREATE.self)
      #expect(made.attrset == .bits(FATTR4.MODE))
      #expect(made.cinfo.atomic && made.cinfo.after > made.cinfo.before)
      let object = try #require(server.tree.named("\(expected)"))
      #expect(try results.next(GETFH.self).object == object.handle)
      #expect(object.type == expected && server.tree[object]?.mode == 0o750)
    }
    for type: Createtype4 in [.reg, .attrdir, .namedattr] {
      #expect(refusal(arguments(type)) == .NFS4ERR_BADTYPE)
    }
  }

  @Test("devices are for the superuser")
  func devices() {
    let device = Specdata4(specdata1: 8, specdata2: 1)
    #expect(refusal(arguments(.blk(device))) == .NFS4ERR_PERM)
  }

  @Test("names and texts that cannot be, and one that is taken")
  func names() {
    for (name, expected) in [
      ("", Nfsstat4.NFS4ERR_INVAL), ("..", .NFS4ERR_BADNAME), ("a/b", .NFS4ERR_BADCHAR),
      (String(repeating: "n", count: 256), .NFS4ERR_NAMETOOLONG),
    ] {
      #expect(refusal(arguments(.dir, name)) == expected)
    }
    #expect(refusal(arguments(.lnk([]))) == .NFS4ERR_INVAL)
    #expect(refusal(arguments(.lnk([65, 0]))) == .NFS4ERR_BADCHAR)
    server.tree.add("taken")
    #expect(refusal(arguments(.dir, "taken")) == .NFS4ERR_EXIST)
  }

  @Test("attributes that are not supported, cannot be set, or make no sense")
  func badAttributes() {
    var unsupported = FileAttributes()
    unsupported.cansettime = true
    var fileid = FileAttributes()
    fileid.fileid = 5
    #expect(refusal(arguments(.dir, "new", unsupported)) == .NFS4ERR_ATTRNOTSUPP)
    #expect(refusal(arguments(.dir, "new", fileid)) == .NFS4ERR_INVAL)
    #expect(refusal(arguments(.dir, "new", .size(0))) == .NFS4ERR_INVAL)
  }

  @Test("the filehandle is a directory that may be changed")
  func directories() throws {
    #expect(refusal(arguments(.dir), on: server.tree.add("file")) == .NFS4ERR_NOTDIR)
    #expect(status { try client.run(CREATE.self, arguments(.dir)) } == .NFS4ERR_NOFILEHANDLE)
    let theirs = server.tree.add("theirs", .NF4DIR, mode: 0o755)
    #expect(refusal(arguments(.dir), on: theirs) == .NFS4ERR_ACCESS)
    server.tree.remove(theirs)
    #expect(refusal(arguments(.dir), on: theirs) == .NFS4ERR_STALE)
    server.tree.setReadOnly()
    #expect(refusal(arguments(.dir)) == .NFS4ERR_ROFS)
  }
}
