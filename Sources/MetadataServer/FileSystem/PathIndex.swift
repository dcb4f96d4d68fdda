import Foundation
import GRDB
import Logging
import NFSv4
import Synchronization

/// Where indexed objects were last seen: identity → parent and name, in SQLite.
///
/// For file systems and processes without kernel handles. Rows are written before their handle
/// leaves the server, all of one directory listing in one transaction; SQLite's write-ahead log
/// keeps them when the process is killed, and checkpoints make them durable. A row takes about 100
/// bytes, and there is one for each object whose handle was ever given out and that was not found
/// missing since. The file is made when the first row is written.
final class PathIndex: Sendable {
  struct Entry {
    var identity: FileIdentity
    var parent: FileIdentity
    var name: [UInt8]
  }

  private struct Key: Hashable {
    var exportID: UInt32
    var identity: FileIdentity
  }

  private struct Place: Hashable {
    var parent: FileIdentity
    var name: [UInt8]
  }

  private struct State {
    var database: DatabaseQueue?
    /// What the table says, for as many rows as `memoryLimit`: forgotten all at once beyond.
    var known: [Key: Place] = [:]
    var hasFailed = false
  }

  private static let memoryLimit = 65_536
  private let path: String
  private let logger: Logger
  private let state = Mutex(State())

  /// - Parameter path: the database file's.
  init(path: String, logger: Logger) {
    self.path = path
    self.logger = logger
  }

  /// Remembers where objects are. A failure is logged: such handles then live no longer than the
  /// cache does.
  func record(_ entries: [Entry], exportID: UInt32) {
    let news = state.withLock { state in
      entries.filter {
        state.known[Key(exportID: exportID, identity: $0.identity)]
          != Place(parent: $0.parent, name: $0.name)
      }
    }
    if news.isEmpty { return }
    perform { database in
      try database.write { db in
        let statement = try db.cachedStatement(
          sql: """
            INSERT OR REPLACE INTO place
              (export, mount, inode, seconds, nanoseconds,
               parentMount, parentInode, parentSeconds, parentNanoseconds, name)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """)
        for entry in news {
          try statement.execute(
            arguments: StatementArguments(
              Self.columns(exportID, entry.identity) + Self.columns(entry.parent)
                + [Data(entry.name).databaseValue]))
        }
      }
      state.withLock { state in
        if state.known.count + news.count > Self.memoryLimit { state.known.removeAll() }
        for entry in news {
          state.known[Key(exportID: exportID, identity: entry.identity)] = Place(
            parent: entry.parent, name: entry.name)
        }
      }
    }
  }

  /// Where an object was last seen.
  func place(
    of identity: FileIdentity, exportID: UInt32
  ) -> (parent: FileIdentity, name: [UInt8])? {
    let key = Key(exportID: exportID, identity: identity)
    if let known = state.withLock({ $0.known[key] }) { return (known.parent, known.name) }
    var place: (parent: FileIdentity, name: [UInt8])?
    perform { database in
      place = try database.read { db in
        let statement = try db.cachedStatement(
          sql: """
            SELECT parentMount, parentInode, parentSeconds, parentNanoseconds, name FROM place
            WHERE export = ? AND mount = ? AND inode = ? AND seconds = ? AND nanoseconds = ?
            """)
        let row = try Row.fetchOne(
          statement, arguments: StatementArguments(Self.columns(exportID, identity)))
        guard let row else { return nil }
        let mount: UInt32 = row[0]
        let inode: Int64 = row[1]
        let name: Data = row[4]
        let parent = FileIdentity(
          mountID: mount, inode: UInt64(bitPattern: inode), birthSeconds: row[2],
          birthNanoseconds: row[3])
        return (parent, Array(name))
      }
    }
    return place
  }

  /// Drops the row of an object that is gone.
  func forget(_ identity: FileIdentity, exportID: UInt32) {
    state.withLock { $0.known[Key(exportID: exportID, identity: identity)] = nil }
    perform { database in
      try database.write { db in
        try db.execute(
          sql: """
            DELETE FROM place
            WHERE export = ? AND mount = ? AND inode = ? AND seconds = ? AND nanoseconds = ?
            """,
          arguments: StatementArguments(Self.columns(exportID, identity)))
      }
    }
  }

  private func perform(_ body: (DatabaseQueue) throws -> Void) {
    do {
      try body(try database())
      state.withLock { $0.hasFailed = false }
    } catch {
      let isFirst = state.withLock { state in
        defer { state.hasFailed = true }
        return !state.hasFailed
      }
      if isFirst {
        logger.warning(
          "the index of file handles cannot be used; handles may become stale",
          metadata: ["path": "\(path)", "error": "\(error)"])
      }
    }
  }

  private func database() throws -> DatabaseQueue {
    try state.withLock { state in
      if let database = state.database { return database }
      var configuration = Configuration()
      configuration.label = "filehandle-index"
      configuration.prepareDatabase { db in
        try db.execute(sql: "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL")
      }
      let database = try DatabaseQueue(path: path, configuration: configuration)
      try database.write { db in
        try db.execute(
          sql: """
            CREATE TABLE IF NOT EXISTS place (
              export INTEGER NOT NULL, mount INTEGER NOT NULL, inode INTEGER NOT NULL,
              seconds INTEGER NOT NULL, nanoseconds INTEGER NOT NULL,
              parentMount INTEGER NOT NULL, parentInode INTEGER NOT NULL,
              parentSeconds INTEGER NOT NULL, parentNanoseconds INTEGER NOT NULL,
              name BLOB NOT NULL,
              PRIMARY KEY (export, mount, inode, seconds, nanoseconds)
            ) WITHOUT ROWID
            """)
      }
      state.database = database
      return database
    }
  }

  private static func columns(_ exportID: UInt32, _ identity: FileIdentity) -> [DatabaseValue] {
    [Int64(exportID).databaseValue] + columns(identity)
  }

  private static func columns(_ identity: FileIdentity) -> [DatabaseValue] {
    [
      Int64(identity.mountID).databaseValue,
      Int64(bitPattern: identity.inode).databaseValue,
      identity.birthSeconds.databaseValue,
      Int64(identity.birthNanoseconds).databaseValue,
    ]
  }
}
