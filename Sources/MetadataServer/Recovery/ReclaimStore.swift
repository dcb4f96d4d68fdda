import Crypto
import Foundation
import GRDB
import Glibc
import Logging
import NFSServer
import NFSv4
import Synchronization

/// The records of who may reclaim after a restart, in SQLite in the state directory.
///
/// One row for each client, not for each open: a row is written when a client acquires its first
/// state and when it is gone, so that a commit, which is synchronous, is rare. All changes that
/// wait are one transaction. How far delegated files were looked at is written every few seconds
/// and need not be synchronous: an older value only lets less be reclaimed.
///
/// Each row carries a digest, and their number is kept beside them: what is torn or changed by
/// others is not taken for a record. Such a database is moved aside; so is one that cannot be
/// opened as a database. One that cannot be written leaves the server without records: what has to
/// be recorded is refused or granted as `Recovery` says.
final class ReclaimStore: Sendable {
  static let fileName = "recovery.sqlite"
  /// Further records are not read: more clients than that are not known at once.
  static let recordLimit = 1 << 20
  private static let schemaVersion = 1
  private static let digestBytes = 16

  /// What the server finds of its former run.
  let history: ReclaimHistory
  private let path: String
  private let logger: Logger
  private let database: DatabaseQueue?
  private let hasFailed = Mutex(false)

  private enum Damage: Error {
    case integrity(String)
    case digest
    case count(Int, stated: Int)
    case version(Int)
  }

  /// Reads what is there, and begins a new run.
  /// - Parameter leaseSeconds: of the new run.
  init(stateDirectory: String, leaseSeconds: UInt32, logger: Logger) {
    path = stateDirectory + "/" + Self.fileName
    self.logger = logger
    var history: ReclaimHistory
    var database: DatabaseQueue?
    do {
      (database, history) = try Self.open(path)
    } catch  where Self.isDamage(error) {
      Self.moveAside(path, error, logger)
      history = ReclaimHistory(isLost: true)
      database = try? Self.open(path).database
    } catch {
      logger.warning(
        """
        the records of who may reclaim cannot be opened: clients reopen their files after this \
        start, and peers serve nothing until it is mended; free space or give the daemon's user \
        the file, then restart
        """, metadata: ["path": "\(path)", "error": "\(error)"])
      history = ReclaimHistory(isLost: true)
    }
    self.database = database
    self.history = history
    // A longer lease of the former run counts until nobody can hold anything of it.
    let lease = max(leaseSeconds, history.leaseSeconds ?? 0)
    setLease(lease)
  }

  // MARK: Reading

  private static func open(
    _ path: String
  ) throws -> (database: DatabaseQueue, history: ReclaimHistory) {
    // SQLite takes an empty file for a new database; only one that was cut off is empty.
    var status = stat()
    if stat(path, &status) == 0, status.st_size == 0 { throw Damage.integrity("empty") }
    var configuration = Configuration()
    configuration.label = "recovery"
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL")
    }
    let database = try DatabaseQueue(path: path, configuration: configuration)
    let history = try database.write { db -> ReclaimHistory in
      let version = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
      switch version {
      case 0:
        try create(db)
        return ReclaimHistory()
      case schemaVersion: return try read(db)
      default: throw Damage.version(version)
      }
    }
    if history.leaseSeconds == nil {
      // From here on the file itself says that it is not new.
      try database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }
    return (database, history)
  }

  private static func create(_ db: Database) throws {
    try db.execute(
      sql: """
        CREATE TABLE client (
          owner BLOB NOT NULL, uid INTEGER NOT NULL, excludesReaders INTEGER NOT NULL,
          revoked INTEGER NOT NULL, digest BLOB NOT NULL,
          PRIMARY KEY (owner, uid)
        ) WITHOUT ROWID;
        CREATE TABLE server (
          id INTEGER PRIMARY KEY CHECK (id = 1), lease INTEGER NOT NULL, clients INTEGER NOT NULL,
          seen INTEGER NOT NULL
        );
        INSERT INTO server VALUES (1, 0, 0, 0);
        PRAGMA user_version = \(schemaVersion);
        """)
  }

  private static func read(_ db: Database) throws -> ReclaimHistory {
    let verdict = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? ""
    guard verdict == "ok" else { throw Damage.integrity(verdict) }
    guard let server = try Row.fetchOne(db, sql: "SELECT lease, clients, seen FROM server"),
      let lease = UInt32(exactly: server[0] as Int64)
    else { throw Damage.integrity("no row of the server") }
    let stated: Int = server[1]
    let seen: Int64 = server[2]
    var records: [ReclaimRecord] = []
    let rows = try Row.fetchCursor(
      db, sql: "SELECT owner, uid, excludesReaders, revoked, digest FROM client")
    while let row = try rows.next() {
      guard records.count < recordLimit else { throw Damage.count(records.count, stated: stated) }
      records.append(try record(row))
    }
    guard records.count == stated else { throw Damage.count(records.count, stated: stated) }
    return ReclaimHistory(
      records: records, leaseSeconds: lease == 0 ? nil : lease,
      seenChanges: UInt64(bitPattern: seen))
  }

  private static func record(_ row: Row) throws -> ReclaimRecord {
    guard let owner = Data.fromDatabaseValue(row[0]), let uid = Int64.fromDatabaseValue(row[1]),
      let excludesReaders = Bool.fromDatabaseValue(row[2]),
      let isRevoked = Bool.fromDatabaseValue(row[3]),
      let stated = Data.fromDatabaseValue(row[4]), owner.count <= NFS4.OPAQUE_LIMIT
    else { throw Damage.digest }
    let record = ReclaimRecord(
      key: ReclaimKey(ownerid: Array(owner), uid: uid < 0 ? nil : UInt32(exactly: uid)),
      excludesReaders: excludesReaders, isRevoked: isRevoked)
    guard digest(record) == stated else { throw Damage.digest }
    return record
  }

  private static func digest(_ record: ReclaimRecord) -> Data {
    var hash = SHA256()
    hash.update(data: Data("p2pnfs reclaim record, 1".utf8))
    hash.update(data: record.key.ownerid)
    var rest = Int64(record.key.uid.map(Int64.init) ?? -1).littleEndianBytes
    rest.append(record.excludesReaders ? 1 : 0)
    rest.append(record.isRevoked ? 1 : 0)
    hash.update(data: rest)
    return Data(hash.finalize().prefix(digestBytes))
  }

  // MARK: Writing

  /// How long what this run grants is good, and what the former run granted may still be.
  func setLease(_ seconds: UInt32) {
    perform { database in
      try database.write { db in
        try db.execute(sql: "UPDATE server SET lease = ?", arguments: [Int64(seconds)])
      }
    }
  }

  /// Puts changes on stable storage, all or none.
  /// - Returns: false if they cannot be.
  func commit(_ changes: [ReclaimChange]) -> Bool {
    perform { database in
      try database.write { db in
        let put = try db.cachedStatement(
          sql: "INSERT OR REPLACE INTO client VALUES (?, ?, ?, ?, ?)")
        let remove = try db.cachedStatement(
          sql: "DELETE FROM client WHERE owner = ? AND uid = ?")
        for change in changes {
          switch change {
          case .put(let record):
            try put.execute(
              arguments: [
                Data(record.key.ownerid), Self.column(record.key.uid), record.excludesReaders,
                record.isRevoked, Self.digest(record),
              ])
          case .remove(let key):
            try remove.execute(arguments: [Data(key.ownerid), Self.column(key.uid)])
          }
        }
        try db.execute(sql: "UPDATE server SET clients = (SELECT count(*) FROM client)")
      }
    }
  }

  /// Delegated files were looked at: changes up to this change attribute were noticed.
  func saw(_ change: Changeid4) {
    perform { database in
      try database.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = NORMAL")
        defer { try? db.execute(sql: "PRAGMA synchronous = FULL") }
        try db.execute(
          sql: "UPDATE server SET seen = ?", arguments: [Int64(bitPattern: change)])
      }
    }
  }

  private static func column(_ uid: UInt32?) -> Int64 { uid.map(Int64.init) ?? -1 }

  @discardableResult
  private func perform(_ body: (DatabaseQueue) throws -> Void) -> Bool {
    guard let database else { return false }
    do {
      try body(database)
      hasFailed.withLock { $0 = false }
      return true
    } catch {
      let isFirst = hasFailed.withLock { hasFailed in
        defer { hasFailed = true }
        return !hasFailed
      }
      if isFirst {
        logger.warning(
          """
          who may reclaim after a restart cannot be recorded: opens for writing wait, and peers \
          get no new grants, until it can; free space or mend the disk
          """, metadata: ["path": "\(path)", "error": "\(error)"])
      }
      return false
    }
  }

  // MARK: Damage

  private static func isDamage(_ error: any Error) -> Bool {
    if error is Damage { return true }
    guard let error = error as? DatabaseError else { return false }
    switch error.resultCode {
    // An SQL error: tables that were never ours. A mismatch: another type than was written.
    case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_ERROR, .SQLITE_MISMATCH: return true
    default: return false
    }
  }

  /// Keeps the latest damaged database for whoever wants to know why.
  private static func moveAside(_ path: String, _ error: any Error, _ logger: Logger) {
    for suffix in ["", "-wal", "-shm"] {
      let (from, to) = (path + suffix, path + ".damaged" + suffix)
      unlink(to)
      if rename(from, to) != 0, errno != ENOENT { unlink(from) }
    }
    logger.warning(
      """
      the records of who may reclaim are damaged and were moved aside: clients cannot reclaim what \
      they held before this start and open their files anew, which loses locks; nothing can be \
      written for a lease. Look at the disk
      """, metadata: ["path": "\(path).damaged", "error": "\(error)"])
  }
}

extension Int64 {
  fileprivate var littleEndianBytes: [UInt8] {
    withUnsafeBytes(of: littleEndian) { Array($0) }
  }
}
