import Foundation
import GRDB
import Glibc
import Logging
import NFSServer
import Synchronization
import Testing

@testable import MetadataServer

@Suite struct ReclaimStoreTests {
  /// A state directory that goes with the test.
  private final class Directory {
    let path: String

    init() throws {
      path = NSTemporaryDirectory() + "recovery-\(UUID().uuidString)"
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    }

    deinit {
      chmod(path, 0o700)
      try? FileManager.default.removeItem(atPath: path)
    }

    var database: String { path + "/" + ReclaimStore.fileName }

    func files() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: path).sorted()
    }
  }

  /// Counts warnings.
  private final class Warnings: Sendable {
    private let texts = Mutex<[String]>([])

    var count: Int { texts.withLock { $0.count } }

    var logger: Logger {
      Logger(label: "test") { _ in Handler(warnings: self) }
    }

    private struct Handler: LogHandler {
      let warnings: Warnings
      var metadata = Logger.Metadata()
      var logLevel = Logger.Level.warning
      subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
      }

      func log(event: LogEvent) {
        warnings.texts.withLock { $0.append("\(event.message)") }
      }
    }
  }

  private let directory: Directory
  private let warnings = Warnings()

  init() throws { directory = try Directory() }

  private func open(leaseSeconds: UInt32 = 90) -> ReclaimStore {
    ReclaimStore(
      stateDirectory: directory.path, leaseSeconds: leaseSeconds, logger: warnings.logger)
  }

  private static let records: [ReclaimRecord] = (0..<40).map { (number: UInt32) in
    let uid: UInt32? = number == 3 ? nil : number
    let key = ReclaimKey(ownerid: Array("Linux NFSv4.2 client\(number)".utf8), uid: uid)
    return ReclaimRecord(
      key: key, excludesReaders: number % 2 == 0, isRevoked: number % 5 == 0)
  }

  /// Writes all records, and everything into the main file.
  private func fill() throws {
    let store = open()
    #expect(store.commit(Self.records.map { .put($0) }))
    let database = try DatabaseQueue(path: directory.database)
    try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    try database.close()
  }

  @Test("a new directory has no past")
  func fresh() throws {
    #expect(open().history == ReclaimHistory())
    #expect(warnings.count == 0)
  }

  @Test("what was put is there in the next run, what was removed is not")
  func roundTrip() throws {
    let store = open(leaseSeconds: 45)
    #expect(store.commit(Self.records.map { .put($0) }))
    var changed = Self.records[1]
    changed.excludesReaders = true
    changed.isRevoked = true
    #expect(store.commit([.remove(Self.records[0].key), .put(changed)]))
    #expect(store.commit([.remove(ReclaimKey(ownerid: [1, 2, 3], uid: 0))]))
    store.saw(0x1234_5678_9abc_def0)

    let history = open().history
    #expect(Set(history.records) == Set(Self.records[2...]).union([changed]))
    #expect(history.leaseSeconds == 45)
    #expect(history.seenChanges == 0x1234_5678_9abc_def0)
    #expect(!history.isLost)
    #expect(warnings.count == 0)
  }

  @Test("the longer lease of a former run counts until it is said to be over")
  func lease() throws {
    _ = open(leaseSeconds: 300)
    let second = open(leaseSeconds: 30)
    #expect(second.history.leaseSeconds == 300)
    #expect(open(leaseSeconds: 30).history.leaseSeconds == 300)
    second.setLease(30)
    #expect(open(leaseSeconds: 30).history.leaseSeconds == 30)
  }

  @Test("a copy of the files at any moment holds what was committed: nothing waits in memory")
  func killed() throws {
    let store = open()
    for (index, record) in Self.records.enumerated() {
      #expect(store.commit([.put(record)]))
      let copy = try Directory()
      for suffix in ["", "-wal"] where access(directory.database + suffix, F_OK) == 0 {
        try FileManager.default.copyItem(
          atPath: directory.database + suffix, toPath: copy.database + suffix)
      }
      let history = ReclaimStore(
        stateDirectory: copy.path, leaseSeconds: 90, logger: warnings.logger
      ).history
      #expect(Set(history.records) == Set(Self.records[...index]))
    }
    #expect(warnings.count == 0)
  }

  /// What must be found after damage: the records as they were, or none and a warning.
  private func check(_ what: Comment) throws {
    let before = warnings.count
    let store = open()
    if store.history.isLost {
      #expect(store.history.records.isEmpty, what)
      #expect(warnings.count == before + 1, what)
      // It goes on with a new one.
      #expect(store.commit([.put(Self.records[0])]), what)
      #expect(open().history.records == [Self.records[0]], what)
    } else {
      #expect(Set(store.history.records) == Set(Self.records), what)
      #expect(warnings.count == before, what)
    }
  }

  @Test("a database cut off anywhere is moved aside with a warning, and a new one is begun")
  func truncated() throws {
    try fill()
    let whole = try Data(contentsOf: URL(filePath: directory.database))
    for length in stride(from: 0, to: whole.count, by: 1021) {
      for suffix in ["-wal", "-shm"] { unlink(directory.database + suffix) }
      try whole.prefix(length).write(to: URL(filePath: directory.database))
      try check("cut off at \(length)")
      #expect(try directory.files().contains(ReclaimStore.fileName + ".damaged"))
    }
  }

  @Test("bytes that changed are no records: each is found as it was, or nothing is believed")
  func flipped() throws {
    try fill()
    let whole = try Data(contentsOf: URL(filePath: directory.database))
    var lost = 0
    for index in stride(from: 0, to: whole.count, by: 211) {
      for suffix in ["-wal", "-shm"] { unlink(directory.database + suffix) }
      var bytes = whole
      bytes[index] ^= 0x41
      try bytes.write(to: URL(filePath: directory.database))
      let before = warnings.count
      let store = open()
      if store.history.isLost {
        lost += 1
        #expect(store.history.records.isEmpty)
        #expect(warnings.count == before + 1)
      } else {
        #expect(Set(store.history.records) == Set(Self.records), "byte \(index)")
      }
    }
    #expect(lost > 0)
  }

  @Test(
    "a record that somebody else changed or added is damage",
    arguments: [
      "UPDATE client SET revoked = 0 WHERE revoked = 1",
      "UPDATE client SET uid = uid + 1000",
      "UPDATE client SET owner = CAST('x' AS BLOB) WHERE uid = 1",
      "DELETE FROM client WHERE uid = 1",
      "UPDATE server SET clients = 7",
      "UPDATE server SET lease = -1",
      "DELETE FROM server",
      "DROP TABLE client",
      "PRAGMA user_version = 2",
    ])
  func forged(_ sql: String) throws {
    try fill()
    do {
      let database = try DatabaseQueue(path: directory.database)
      try database.writeWithoutTransaction { try $0.execute(sql: sql) }
      try database.close()
    }
    #expect(open().history == ReclaimHistory(isLost: true))
    #expect(warnings.count == 1)
  }

  @Test("what is no database at all is moved aside")
  func garbage() throws {
    try Data(repeating: 0x5a, count: 10_000).write(to: URL(filePath: directory.database))
    #expect(open().history == ReclaimHistory(isLost: true))
    #expect(warnings.count == 1)
    #expect(open().history.isLost == false)
  }

  @Test("a database that cannot be opened leaves a server without records, which says so")
  func unusable() throws {
    try FileManager.default.createDirectory(
      atPath: directory.database, withIntermediateDirectories: false)
    let store = open()
    #expect(store.history == ReclaimHistory(isLost: true))
    #expect(!store.commit([.put(Self.records[0])]))
    #expect(warnings.count == 1)
  }

  @Test("while the disk takes nothing, commits fail and warn once; later they succeed")
  func failing() throws {
    let store = open()
    var configuration = Configuration()
    configuration.allowsUnsafeTransactions = true
    let blocker = try DatabaseQueue(path: directory.database, configuration: configuration)
    try blocker.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
    #expect(!store.commit([.put(Self.records[0])]))
    #expect(!store.commit([.put(Self.records[0])]))
    #expect(warnings.count == 1)
    try blocker.inDatabase { try $0.execute(sql: "COMMIT") }
    #expect(store.commit([.put(Self.records[0])]))
    #expect(open().history.records == [Self.records[0]])
  }
}
