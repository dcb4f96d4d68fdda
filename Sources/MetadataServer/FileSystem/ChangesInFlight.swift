import Collections
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
/// What was told last is kept for a second after the last change of an object: who has read its
/// times in the middle of a change and asks here only after the end would tell an attribute of a
/// former version (where changes are counted in the time of the last modification, a write takes it
/// back to the tick's beginning).
///
/// One entry for each object that is being changed or was within a second.
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
    /// When the last change ended; of no meaning while one is under way.
    var endedAt = ContinuousClock.now
  }

  private struct State {
    var entries: [Key: Entry] = [:]
    /// Entries whose last change has ended, some of which have begun another one since.
    var ended: Deque<(key: Key, at: ContinuousClock.Instant)> = []

    mutating func dropOld(at now: ContinuousClock.Instant, keptFor: Duration) {
      while let first = ended.first, now - first.at >= keptFor {
        ended.removeFirst()
        guard let entry = entries[first.key], entry.count == 0, entry.endedAt == first.at else {
          continue
        }
        entries[first.key] = nil
      }
    }
  }

  private let state = Mutex(State())
  private let keptFor: Duration
  /// The number of entries: most look-ups need no more than this.
  private let entryCount = Atomic<Int>(0)

  /// - Parameter keptFor: how long an entry outlives its last change.
  init(keptFor: Duration = .seconds(1)) { self.keptFor = keptFor }

  /// A change begins. To be called before the change attribute "before" is looked at.
  func begin(_ key: Key) {
    state.withLock { state in
      state.entries[key, default: Entry()].count += 1
      entryCount.store(state.entries.count, ordering: .sequentiallyConsistent)
    }
  }

  /// What is to be told of an object whose change attribute was just read.
  func seen(_ change: Changeid4, _ key: Key) -> Changeid4 {
    guard entryCount.load(ordering: .sequentiallyConsistent) != 0 else { return change }
    return state.withLock { state in
      if !state.ended.isEmpty {
        state.dropOld(at: .now, keptFor: keptFor)
        entryCount.store(state.entries.count, ordering: .sequentiallyConsistent)
      }
      guard var entry = state.entries[key] else { return change }
      entry.highest = max(entry.highest, change)
      state.entries[key] = entry
      return entry.highest
    }
  }

  /// A change is over, if `change`, read after it, is higher than what was seen before.
  /// - Parameter isForced: over in any case: nothing was changed, or nothing helps.
  /// - Returns: the highest that was seen if it is not over.
  func end(_ key: Key, at change: Changeid4, isForced: Bool = false) -> Changeid4? {
    state.withLock { state in
      guard var entry = state.entries[key] else { return nil }
      guard isForced || change > entry.highest else { return entry.highest }
      entry.count -= 1
      entry.highest = max(entry.highest, change)
      if entry.count == 0 {
        entry.endedAt = .now
        state.ended.append((key, entry.endedAt))
      }
      state.entries[key] = entry
      state.dropOld(at: .now, keptFor: keptFor)
      entryCount.store(state.entries.count, ordering: .sequentiallyConsistent)
      return nil
    }
  }

  /// The number of objects that are being changed.
  var count: Int { state.withLock { $0.entries.values.count { $0.count > 0 } } }
}
