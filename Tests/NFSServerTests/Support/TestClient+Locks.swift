import NFSServer
import NFSv4
import NIOCore
import Testing

extension TestClient {
  /// LOCK by a lock-owner that has nothing locked yet.
  @discardableResult
  func lock(
    _ object: MemoryTree.Object, under open: Stateid4, owner: String = "locker",
    _ type: NfsLockType4 = .WRITE_LT, at offset: UInt64 = 0, count: UInt64 = .max
  ) throws -> Stateid4 {
    let locker = Locker4.openOwner(
      OpenToLockOwner4(
        openSeqid: 0, openStateid: open, lockSeqid: 0,
        lockOwner: StateOwner4(clientid: 0, owner: Array(owner.utf8))))
    return try lock(object, locker, type, at: offset, count: count)
  }

  /// LOCK by a lock-owner's stateid.
  @discardableResult
  func lock(
    _ object: MemoryTree.Object, with stateid: Stateid4, _ type: NfsLockType4 = .WRITE_LT,
    at offset: UInt64 = 0, count: UInt64 = .max
  ) throws -> Stateid4 {
    let locker = Locker4.lockOwner(ExistLockOwner4(lockStateid: stateid, lockSeqid: 0))
    return try lock(object, locker, type, at: offset, count: count)
  }

  private func lock(
    _ object: MemoryTree.Object, _ locker: Locker4, _ type: NfsLockType4, at offset: UInt64,
    count: UInt64
  ) throws -> Stateid4 {
    try run(
      LOCK.self,
      LOCK4args(locktype: type, reclaim: false, offset: offset, length: count, locker: locker),
      on: object
    ).lockStateid
  }

  @discardableResult
  func unlock(
    _ object: MemoryTree.Object, _ stateid: Stateid4, at offset: UInt64 = 0, count: UInt64 = .max
  ) throws -> Stateid4 {
    try run(
      LOCKU.self,
      LOCKU4args(
        locktype: .WRITE_LT, seqid: 0, lockStateid: stateid, offset: offset, length: count),
      on: object
    ).lockStateid
  }

  func test(
    _ object: MemoryTree.Object, owner: String = "locker", _ type: NfsLockType4 = .WRITE_LT,
    at offset: UInt64 = 0, count: UInt64 = .max
  ) throws {
    try run(
      LOCKT.self,
      LOCKT4args(
        locktype: type, offset: offset, length: count,
        owner: StateOwner4(clientid: 0, owner: Array(owner.utf8))), on: object)
  }

  /// What a LOCK or LOCKT is denied with.
  func denial<Op: NfsOperation>(
    _ operation: Op.Type, _ arguments: Op.Arguments, on object: MemoryTree.Object
  ) throws -> LOCK4denied {
    let reply = server.reply(
      request {
        $0.append(PUTFH.self, PUTFH4args(object: object.handle))
        $0.append(operation, arguments)
      }, caller: caller, connection: connection)
    var bytes = try #require(reply)
    let results = try CompoundResults(bytes)
    #expect(results.status == .NFS4ERR_DENIED)
    // The last thing in the reply. An owner's length is known only by trying.
    for ownerBytes in stride(from: 0, to: 64, by: 4) {
      let size = 32 + ownerBytes
      guard bytes.readableBytes >= size else { break }
      bytes.moveReaderIndex(to: bytes.writerIndex - size)
      if let denied = try? LOCK4denied(xdr: bytes) { return denied }
      bytes.moveReaderIndex(to: 0)
    }
    Issue.record("no LOCK4denied")
    return .unknown
  }
}
