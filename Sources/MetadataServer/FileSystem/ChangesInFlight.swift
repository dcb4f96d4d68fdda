import NFSv4
import Synchronization

/// Which objects this server is changing at the moment, and the highest change attribute that
/// anybody may have seen of them.
///
/// The kernel sets the time of a change when a write begins, and goes on copying. Whoever looks in
/// between sees the new change attribute with old content, and would keep that content for good. So
/// a change is over only when the attribute is higher than everything that was seen while it was
/// under way: see `PosixTree.changing`.
///
/// One entry for each object that is being changed, so no more than there are threads.
final class ChangesInFlight: Sendable {
  /// An inode of this host.
  struct Key: Hashable {
    var device: UInt64
    var inode: UInt64

    init(_ status: FileStatus) {
      device = status.device
      inode = status.ino
    }
  }

  private struct Entry {
    var count = 0
    var highest: Changeid4 = 0
  }

  private let entries = Mutex<[Key: Entry]>([:])
  /// The number of entries: most look-ups need no more than this.
  private let entryCount = Atomic<Int>(0)

  /// A change begins. To be called before the change attribute "before" is looked at.
  func begin(_ key: Key) {
    entries.withLock { entries in
      entries[key, default: Entry()].count += 1
      entryCount.store(entries.count, ordering: .sequentiallyConsistent)
    }
  }

  /// What is to be told of an object whose change attribute was just read.
  func seen(_ change: Changeid4, _ key: Key) -> Changeid4 {
    guard entryCount.load(ordering: .sequentiallyConsistent) != 0 else { return change }
    return entries.withLock { entries in
      guard var entry = entries[key] else { return change }
      entry.highest = max(entry.highest, change)
      entries[key] = entry
      return entry.highest
    }
  }

  /// A change is over, if `change`, read after it, is higher than what was seen before.
  /// - Parameter isForced: over in any case: nothing was changed, or nothing helps.
  /// - Returns: the highest that was seen if it is not over.
  func end(_ key: Key, at change: Changeid4, isForced: Bool = false) -> Changeid4? {
    entries.withLock { entries in
      guard var entry = entries[key] else { return nil }
      guard isForced || change > entry.highest else { return entry.highest }
      entry.count -= 1
      entry.highest = max(entry.highest, change)
      entries[key] = entry.count > 0 ? entry : nil
      entryCount.store(entries.count, ordering: .sequentiallyConsistent)
      return nil
    }
  }

  var count: Int { entries.withLock { $0.count } }
}
