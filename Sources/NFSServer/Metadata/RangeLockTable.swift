import NFSv4
import Synchronization

/// What lock-owners have locked of the file system itself, so that local processes see it.
///
/// Beside the state tables, as taking a lock is a call of the kernel's. All that is done to the
/// locks of one file is done in turn: `withFile` holds a lock of its own meanwhile, in whose scope
/// the kernel is asked; it never waits for anybody's byte-range lock.
final class RangeLockTable<Tree: FileTree>: Sendable {
  private final class Turn: Sendable {
    let mutex = Mutex(())
  }

  private let held = Mutex<[StateidOther: Tree.RangeLocks]>([:])
  /// Files share turns.
  private let turns: [Turn] = (0..<64).map { _ in Turn() }

  init() {}

  func withFile<Value: Sendable>(
    _ file: NfsFh4, _ body: () throws(Nfsstat4) -> Value
  ) throws(Nfsstat4) -> Value {
    let turn = turns[Int(UInt(bitPattern: file.hashValue) % UInt(turns.count))]
    return try turn.mutex.withLock { _ -> Result<Value, Nfsstat4> in
      Result { () throws(Nfsstat4) in try body() }
    }.get()
  }

  subscript(other: StateidOther) -> Tree.RangeLocks? { held.withLock { $0[other] } }

  func insert(_ locks: Tree.RangeLocks, for other: StateidOther) {
    held.withLock { $0[other] = locks }
  }

  /// Lock states are gone: what they hold is unlocked.
  func release(_ others: [StateidOther]) {
    guard !others.isEmpty else { return }
    // Let go outside of the lock: that unlocks.
    let released = held.withLock { held in others.compactMap { held.removeValue(forKey: $0) } }
    _ = released
  }
}
