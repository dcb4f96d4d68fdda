import NFSServer
import NFSv4
import NIOCore
import Testing

/// Write delegations (RFC 8881 §10.4.2, §10.4.3).
@Suite struct WriteDelegationTests {
  private let server = TestServer()
  private let writer: TestClient
  private let other: TestClient
  private let file: MemoryTree.Object
  private let open: OPEN4resok
  private let held: Stateid4

  /// OPEN for both, with the want for a write delegation.
  private static let wanting: UInt32 = 0x203

  init() throws {
    writer = try TestClient(server, "writer")
    other = try TestClient(server, "other")
    file = server.tree.add("file", mode: 0o666, uid: 1000)
    open = try writer.open(file, access: Self.wanting)
    held = try #require(open.writeDelegation)
  }

  private func attributes(_ client: TestClient) throws -> FileAttributes {
    let arguments = GETATTR4args(attrRequest: .bits(FATTR4.CHANGE, FATTR4.SIZE, FATTR4.TYPE))
    return try FileAttributes(
      decoding: try client.run(GETATTR.self, arguments, on: file).objAttributes)
  }

  /// The holder answers CB_GETATTR.
  private func answer(size: UInt64, change: Changeid4) {
    var attributes = FileAttributes.size(size)
    attributes.change = change
    let (said, now) = (attributes, server.now)
    server.issue(
      server.operations.withState { $0.writerAnswered(held, said, now: now) })
  }

  @Test("who alone has the file open for writing and wants one gets one")
  func granted() throws {
    let other = server.tree.add("other", mode: 0o666)
    #expect(try writer.open(other, access: 3).writeDelegation == nil)
    #expect(try writer.open(other, owner: "two", access: 0x303).writeDelegation != nil)
    let asking = TestServer { $0.delegatesWritingUnasked = true }
    let client = try TestClient(asking)
    let file = asking.tree.add("file", mode: 0o666)
    #expect(try client.open(file, owner: "none", access: 0x403).delegation == .noneExt(.notWanted))
    #expect(try client.open(file, access: 2).writeDelegation != nil)
  }

  @Test("while others have it open there is none; the reason is said")
  func contended() throws {
    let file = server.tree.add("another", mode: 0o666)
    _ = try other.open(file, access: 0x401)
    #expect(
      try writer.open(file, access: Self.wanting).delegation
        == .noneExt(.contention(serverWillPushDeleg: false)))
    // One for reading does not become one for writing.
    let third = server.tree.add("third", mode: 0o666)
    #expect(try writer.open(third, access: 1).delegationStateid != nil)
    #expect(
      try writer.open(third, owner: "two", access: Self.wanting).delegation
        == .noneExt(.notSuppUpgrade))
  }

  @Test("another client's OPEN, READ, WRITE or SETATTR recalls it, its own do not")
  func recalled() throws {
    try writer.write(file, held)
    try writer.setattr(file, .mode(0o666))
    try writer.open(file, owner: "two", access: 1)
    #expect(server.directives().isEmpty)
    let read = READ4args(stateid: .anonymous, offset: 0, count: 1)
    let uses: [() throws -> Void] = [
      { try self.other.open(self.file, access: 1) },
      { try self.other.run(READ.self, read, on: self.file) },
      { try self.other.write(self.file) },
      { try self.other.setattr(self.file, .size(0)) },
    ]
    for (index, use) in uses.enumerated() {
      #expect(status(use) == .NFS4ERR_DELAY, "\(index)")
      #expect(server.directives().map(\.kind) == (index == 0 ? ["delegation"] : []))
    }
    // What it has cached it may write back, and open what it opened without asking.
    try writer.write(file, held)
    try writer.open(file, owner: "three", access: 2, claim: .delegCurFh(held))
    _ = server.cleared()
    try writer.giveBack(file, held)
    #expect(server.cleared().contains(file.handle))
    #expect(status { _ = try other.open(file, access: 1) } == .NFS4_OK)
  }

  @Test("while it is out nobody else gets a delegation or a layout, open or not")
  func exclusive() throws {
    try TestClient(server, "peer").register(9)
    try writer.close(file, open.stateid)
    #expect(status { try writer.layout(file, held) } == .NFS4ERR_BADLAYOUT)
    #expect(server.operations.withState { $0.isClosedToReaders(file.handle) })
    try writer.giveBack(file, held)
    #expect(!server.operations.withState { $0.isClosedToReaders(file.handle) })
  }

  @Test("its stateid reads and writes, with the file open and without")
  func use() throws {
    try writer.write(file, held, "new")
    try writer.close(file, open.stateid)
    try writer.write(file, held, "N")
    let read = READ4args(stateid: held, offset: 0, count: 3)
    #expect(try writer.run(READ.self, read, on: file).data.joined == ByteBuffer(string: "New"))
    #expect(try writer.setattr(file, .size(1), held) == .bits(FATTR4.SIZE))
  }

  @Test("another client's GETATTR asks the holder first, its own does not")
  func asked() throws {
    let before = try attributes(writer)
    #expect(server.directives().isEmpty)
    #expect(status { _ = try attributes(other) } == .NFS4ERR_DELAY)
    #expect(server.directives().map(\.kind) == ["ask"])
    #expect(status { _ = try attributes(other) } == .NFS4ERR_DELAY)
    #expect(server.directives().isEmpty)
    let type = GETATTR4args(attrRequest: .bits(FATTR4.TYPE))
    #expect(throws: Never.self) { try other.run(GETATTR.self, type, on: self.file) }
    _ = server.cleared()
    answer(size: 7, change: try #require(before.change))
    #expect(server.cleared() == [file.handle])
    #expect(try attributes(other) == before)
  }

  @Test("what the holder has changed shows, each time as another change")
  func modified() throws {
    let before = try attributes(writer)
    let change = try #require(before.change)
    var seen: [Changeid4] = [change]
    for round in 1...3 {
      #expect(status { _ = try attributes(other) } == .NFS4ERR_DELAY)
      answer(size: UInt64(100 + round), change: change + 1)
      let after = try attributes(other)
      #expect(after.size == UInt64(100 + round))
      let shown = try #require(after.change)
      #expect(!seen.contains(shown))
      seen.append(shown)
      server.pass(.seconds(1))
    }
  }

  @Test("a holder that does not answer loses it")
  func silent() throws {
    #expect(status { _ = try attributes(other) } == .NFS4ERR_DELAY)
    _ = server.directives()
    server.pass(.seconds(2))
    #expect(status { _ = try attributes(other) } == .NFS4ERR_DELAY)
    #expect(server.directives().map(\.kind) == ["delegation"])
    try writer.giveBack(file, held)
    #expect(throws: Never.self) { try self.attributes(self.other) }
  }

  @Test("a holder that cannot answer loses it at once")
  func unable() throws {
    #expect(status { _ = try attributes(other) } == .NFS4ERR_DELAY)
    _ = server.directives()
    let now = server.now
    server.issue(server.operations.withState { $0.writerAnswered(held, nil, now: now) })
    #expect(server.directives().map(\.kind) == ["delegation"])
  }

  @Test("a COMPOUND that waits for the holder's answer goes on with it")
  func suspended() throws {
    let request = other.request {
      $0.append(PUTFH.self, PUTFH4args(object: file.handle))
      $0.append(GETATTR.self, GETATTR4args(attrRequest: .bits(FATTR4.SIZE)))
    }
    var work = try #require(server.begin(request, other))
    #expect(server.operations.advance(&work, mayWait: true) == file.handle)
    answer(size: 12345, change: 99)
    #expect(server.operations.advance(&work, mayWait: true) == nil)
    var results = try CompoundResults(server.end(work))
    _ = try results.next(SEQUENCE.self)
    _ = try results.next(PUTFH.self)
    let attributes = try FileAttributes(
      decoding: try results.next(GETATTR.self).objAttributes)
    #expect(attributes.size == 12345)
  }
}

extension OPEN4resok {
  /// The stateid of the write delegation that came with it.
  var writeDelegation: Stateid4? {
    if case .write(let write) = delegation { return write.stateid }
    return nil
  }
}
