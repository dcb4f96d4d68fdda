import Glibc
import NFSServer
import NFSv4
import Testing

@testable import MetadataServer

@Suite struct RangeLockTests {
  private let whole = LockRange(offset: 0, count: .max)

  private func range(_ offset: UInt64, _ count: UInt64) -> LockRange {
    LockRange(offset: offset, count: count)
  }

  /// A lock as a process of this host takes it.
  /// - Returns: whether it got it.
  private func lockHere(
    _ descriptor: Int32, _ type: Int32, _ offset: off_t, _ count: off_t
  ) -> Bool {
    var lock = flock()
    lock.l_type = Int16(type)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_start = offset
    lock.l_len = count
    return fcntl(descriptor, F_SETLK, &lock) == 0
  }

  @Test("owners are in each other's way, and not in their own", arguments: Mode.allCases)
  func owners(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    let first = try tree.rangeLocks(on: file)
    let second = try tree.rangeLocks(on: file)
    #expect(try tree.lock(range(10, 10), isExclusive: true, first) == nil)
    let conflict = RangeConflict(range: range(10, 10), isExclusive: true, processID: nil)
    for isExclusive in [false, true] {
      #expect(try tree.lock(range(15, 1), isExclusive: isExclusive, second) == conflict)
      #expect(try tree.conflict(with: whole, isExclusive: isExclusive, second) == conflict)
      #expect(try tree.conflict(with: whole, isExclusive: isExclusive, first) == nil)
    }
    #expect(try tree.lock(range(0, 10), isExclusive: true, second) == nil)
    #expect(try tree.lock(range(20, .max), isExclusive: true, second) == nil)
    #expect(
      try tree.conflict(with: range(100, 1), isExclusive: false, first)
        == RangeConflict(range: range(20, .max), isExclusive: true, processID: nil))
  }

  @Test("shared locks go together; upgrades and downgrades are at once", arguments: Mode.allCases)
  func upgrades(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    let first = try tree.rangeLocks(on: file)
    let second = try tree.rangeLocks(on: file)
    #expect(try tree.lock(range(0, 100), isExclusive: false, first) == nil)
    #expect(try tree.lock(range(0, 100), isExclusive: false, second) == nil)
    #expect(try tree.lock(range(0, 100), isExclusive: true, first)?.isExclusive == false)
    try tree.unlock(range(0, 50), second)
    #expect(try tree.lock(range(0, 50), isExclusive: true, first) == nil)
    #expect(try tree.conflict(with: range(0, 1), isExclusive: false, second)?.isExclusive == true)
    #expect(try tree.lock(range(0, 50), isExclusive: false, first) == nil)
    #expect(try tree.lock(range(0, 50), isExclusive: false, second) == nil)
  }

  @Test("unlocking the middle leaves both ends", arguments: Mode.allCases)
  func splitting(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    let first = try tree.rangeLocks(on: file)
    let second = try tree.rangeLocks(on: file)
    #expect(try tree.lock(range(0, 30), isExclusive: true, first) == nil)
    try tree.unlock(range(10, 10), first)
    try tree.unlock(range(12, 3), first)
    #expect(try tree.lock(range(10, 10), isExclusive: true, second) == nil)
    #expect(
      try tree.conflict(with: range(0, 30), isExclusive: true, second)?.range == range(0, 10))
    #expect(
      try tree.conflict(with: range(20, 30), isExclusive: true, second)?.range == range(20, 10))
  }

  @Test(
    "locks of this host's processes and of clients are in each other's way",
    arguments: Mode.allCases)
  func localProcesses(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    let locks = try tree.rangeLocks(on: file)
    let here = Glibc.open(fixture.path("export/f"), O_RDWR)
    defer { close(here) }
    #expect(lockHere(here, F_WRLCK, 0, 10))
    #expect(
      try tree.lock(range(5, 1), isExclusive: false, locks)
        == RangeConflict(range: range(0, 10), isExclusive: true, processID: getpid()))
    #expect(try tree.lock(range(10, 10), isExclusive: true, locks) == nil)
    #expect(!lockHere(here, F_RDLCK, 15, 1))
    try tree.unlock(range(15, 1), locks)
    #expect(lockHere(here, F_RDLCK, 15, 1))
  }

  @Test("all locks of an owner go with him", arguments: Mode.allCases)
  func released(mode: Mode) throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable(mode)
    let file = try #require(try tree.make("f").file)
    let second = try tree.rangeLocks(on: file)
    do {
      let first = try tree.rangeLocks(on: file)
      #expect(try tree.lock(whole, isExclusive: true, first) == nil)
      #expect(try tree.lock(range(0, 1), isExclusive: true, second) != nil)
      withExtendedLifetime(first) {}
    }
    #expect(try tree.lock(whole, isExclusive: true, second) == nil)
  }

  @Test("a file that is open for reading is locked for writing after its open is extended")
  func extended() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content")
    let tree = try fixture.writable()
    let reading = try tree.open(try tree.walk("f"), for: rootCaller)
    let locks = try tree.rangeLocks(on: reading)
    #expect(try tree.lock(range(0, 1), isExclusive: false, locks) == nil)
    _ = try tree.upgrade(reading, adding: .write, for: rootCaller)
    #expect(try tree.lock(range(0, 1), isExclusive: true, locks) == nil)
  }

  @Test("in a read-only export only shared locks are to be had")
  func readOnly() throws {
    let fixture = try TreeFixture()
    try fixture.file("export/f", "content")
    let tree = try fixture.tree()
    let locks = try tree.rangeLocks(on: try tree.open(try tree.walk("f"), for: rootCaller))
    #expect(try tree.lock(whole, isExclusive: false, locks) == nil)
    #expect(
      tree.status { () throws(Nfsstat4) in
        try tree.lock(whole, isExclusive: true, locks)
      } == .NFS4ERR_OPENMODE)
  }

  @Test("ranges that cannot be are refused")
  func ranges() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable()
    let file = try #require(try tree.make("f").file)
    let locks = try tree.rangeLocks(on: file)
    let last = UInt64(Int64.max)
    let all: [(UInt64, UInt64, Nfsstat4)] = [
      (0, 0, .NFS4ERR_INVAL), (2, .max - 1, .NFS4ERR_INVAL), (1, .max - 1, .NFS4ERR_BAD_RANGE),
      (last + 1, 1, .NFS4ERR_BAD_RANGE), (last + 1, .max, .NFS4ERR_BAD_RANGE),
      (0, last + 1, .NFS4ERR_BAD_RANGE), (last, 1, .NFS4ERR_BAD_RANGE), (last, .max, .NFS4_OK),
      (0, last, .NFS4_OK), (last - 1, 1, .NFS4_OK), (0, .max, .NFS4_OK),
    ]
    for (offset, count, status) in all {
      let wanted = range(offset, count)
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.lock(wanted, isExclusive: true, locks)
        } == status)
      #expect(
        tree.status { () throws(Nfsstat4) in
          try tree.conflict(with: wanted, isExclusive: true, locks)
        } == status)
      #expect(
        tree.status { () throws(Nfsstat4) in try tree.unlock(wanted, locks) } == status)
    }
  }

  @Test("a removed file that is open keeps its locks")
  func removed() throws {
    let fixture = try TreeFixture()
    let tree = try fixture.writable()
    let new = try tree.make("f")
    let file = try #require(new.file)
    let first = try tree.rangeLocks(on: file)
    #expect(try tree.lock(whole, isExclusive: true, first) == nil)
    _ = try tree.remove(
      bytes("f"), in: try tree.root(), expecting: .anything, for: rootCaller)
    let second = try tree.rangeLocks(on: file)
    #expect(try tree.lock(range(0, 1), isExclusive: true, second) != nil)
    #expect(try tree.lock(range(0, 1), isExclusive: true, first) == nil)
  }
}
