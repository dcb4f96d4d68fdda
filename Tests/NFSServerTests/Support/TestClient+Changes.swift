import NFSServer
import NFSv4
import NIOCore
import Testing

extension TestClient {
  /// Runs an operation on a directory, with another object as the saved filehandle.
  @discardableResult
  func run<Op: NfsOperation>(
    _ operation: Op.Type, _ arguments: Op.Arguments, saved: MemoryTree.Object,
    on object: MemoryTree.Object
  ) throws -> Op.Resok {
    var results = try compound {
      $0.append(PUTFH.self, PUTFH4args(object: saved.handle))
      $0.append(SAVEFH.self, Void4())
      $0.append(PUTFH.self, PUTFH4args(object: object.handle))
      $0.append(operation, arguments)
    }
    _ = try results.next(PUTFH.self)
    _ = try results.next(SAVEFH.self)
    _ = try results.next(PUTFH.self)
    return try results.next(operation)
  }

  /// OPEN of a name in the root that creates it.
  @discardableResult
  func create(
    _ name: String, _ how: Createhow4 = .unchecked(Fattr4()), access: UInt32 = 2,
    owner: String = "owner"
  ) throws -> OPEN4resok {
    try run(
      OPEN.self,
      .test(owner: owner, access: access, openhow: .create(how), claim: .null(Array(name.utf8))),
      on: try server.tree.root())
  }

  @discardableResult
  func write(
    _ object: MemoryTree.Object, _ stateid: Stateid4 = .anonymous, _ text: String = "written",
    at offset: UInt64 = 0, stable: StableHow4 = .FILE_SYNC4
  ) throws -> WRITE4resok {
    try run(
      WRITE.self,
      WRITE4args(
        stateid: stateid, offset: offset, stable: stable, data: ByteBuffer(string: text)),
      on: object)
  }

  @discardableResult
  func setattr(
    _ object: MemoryTree.Object, _ attributes: FileAttributes, _ stateid: Stateid4 = .anonymous
  ) throws -> Bitmap4 {
    try run(
      SETATTR.self, SETATTR4args(stateid: stateid, objAttributes: Fattr4(attributes)),
      on: object
    ).attrsset
  }

  @discardableResult
  func close(_ object: MemoryTree.Object, _ stateid: Stateid4) throws -> CLOSE4resok {
    try run(CLOSE.self, CLOSE4args(seqid: 0, openStateid: stateid), on: object)
  }

  func giveBack(_ object: MemoryTree.Object, _ delegation: Stateid4?) throws {
    try run(
      DELEGRETURN.self, DELEGRETURN4args(delegStateid: try #require(delegation)), on: object)
  }
}

extension FileAttributes {
  static func size(_ size: UInt64) -> FileAttributes {
    var attributes = FileAttributes()
    attributes.size = size
    return attributes
  }

  static func mode(_ mode: UInt32) -> FileAttributes {
    var attributes = FileAttributes()
    attributes.mode = mode
    return attributes
  }
}

extension Bitmap4 {
  static func bits(_ bits: Int...) -> Bitmap4 { Bitmap4(attributes: bits) }
}

extension TestServer {
  /// Acknowledges every revocation among what was to be said, as data servers would.
  /// - Returns: all that was to be said, and what followed.
  @discardableResult
  func acknowledge(_ said: [MetadataDirective]? = nil) -> [MetadataDirective] {
    var all: [MetadataDirective] = []
    var rest = said ?? directives()
    while !rest.isEmpty {
      all += rest
      for case .revokeGrants(let revocation) in rest {
        let now = now
        issue(operations.withState { $0.settled(revocation: revocation.id, now: now) })
      }
      rest = directives()
    }
    return all
  }

  /// Once a second.
  @discardableResult
  func tick() -> Set<Clientid4> {
    let now = now
    let overdue = operations.withState {
      $0.revokeOverdue(now: now, lease: .seconds(Int(Self.leaseSeconds)))
    }
    issue(overdue.directives)
    return overdue.losers
  }
}
