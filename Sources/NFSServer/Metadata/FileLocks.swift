import NFSv4

/// The byte-range locks that lock-owners hold on one file, and those that some wait for
/// (RFC 8881 §9.1 to §9.6). Advisory: they keep nobody from reading or writing.
///
/// A value. An owner is named by its lock stateid. What one owner holds does not overlap: a lock
/// over an earlier one of his own replaces it, splitting what is left of that.
struct FileLocks: Sendable {
  /// The bytes from `first` to `last`.
  struct Span: Hashable, Sendable {
    var first: UInt64
    var last: UInt64

    /// - Throws: NFS4ERR_INVAL for no bytes, and bytes beyond 2^64 - 1 (RFC 8881 §18.10.3).
    init(offset: UInt64, length: UInt64) throws(Nfsstat4) {
      guard length > 0 else { throw .NFS4ERR_INVAL }
      first = offset
      guard length != NFS4.UINT64_MAX else {
        last = .max
        return
      }
      guard length <= .max - offset else { throw .NFS4ERR_INVAL }
      last = offset + (length - 1)
    }

    init(first: UInt64, last: UInt64) {
      self.first = first
      self.last = last
    }

    func overlaps(_ other: Span) -> Bool { first <= other.last && other.first <= last }

    /// Bytes; all ones: to the end, wherever that is.
    var length: UInt64 { last == .max ? .max : last - first + 1 }
  }

  struct Held: Hashable, Sendable {
    var owner: StateidOther
    var span: Span
    var isExclusive: Bool
  }

  /// Somebody who was denied a lock that he wants to wait for.
  struct Waiter: Sendable {
    let clientid: Clientid4
    let owner: [UInt8]
    let span: Span
    let isExclusive: Bool
    let since: Duration
  }

  /// Ranges held on one file. A client that wants more gets NFS4ERR_RESOURCE.
  static let heldLimit = 65_536
  /// Who waits for one file. Beyond, the one who waited longest is forgotten; he asks again by
  /// himself.
  static let waiterLimit = 1024

  private(set) var held: [Held] = []
  private(set) var waiters: [Waiter] = []

  var isEmpty: Bool { held.isEmpty && waiters.isEmpty }

  func holds(_ owner: StateidOther) -> Bool { held.contains { $0.owner == owner } }

  /// A lock of another owner that is in the way.
  func conflict(_ span: Span, isExclusive: Bool, owner: StateidOther?) -> Held? {
    held.first {
      $0.owner != owner && (isExclusive || $0.isExclusive) && $0.span.overlaps(span)
    }
  }

  /// Locks, upgrades or downgrades a range that nothing is in the way of.
  mutating func lock(_ span: Span, isExclusive: Bool, owner: StateidOther) {
    unlock(span, owner: owner)
    var merged = span
    // Neighbours of the same kind become one: a file appended to under locks needs no list.
    held.removeAll { other in
      guard other.owner == owner, other.isExclusive == isExclusive else { return false }
      let isBefore = other.span.last != .max && other.span.last + 1 == merged.first
      let isAfter = merged.last != .max && merged.last + 1 == other.span.first
      guard isBefore || isAfter else { return false }
      merged.first = min(merged.first, other.span.first)
      merged.last = max(merged.last, other.span.last)
      return true
    }
    held.append(Held(owner: owner, span: merged, isExclusive: isExclusive))
  }

  /// Unlocks a range, of which nothing needs to be locked.
  mutating func unlock(_ span: Span, owner: StateidOther) {
    var rest: [Held] = []
    held.removeAll { other in
      guard other.owner == owner, other.span.overlaps(span) else { return false }
      if other.span.first < span.first {
        var before = other
        before.span.last = span.first - 1
        rest.append(before)
      }
      if other.span.last > span.last {
        var after = other
        after.span.first = span.last + 1
        rest.append(after)
      }
      return true
    }
    held += rest
  }

  mutating func removeAll(of owner: StateidOther) { held.removeAll { $0.owner == owner } }

  /// Remembers who waits, in place of what the same owner waited for before.
  mutating func wait(_ waiter: Waiter) {
    stopWaiting(clientid: waiter.clientid, owner: waiter.owner)
    if waiters.count >= Self.waiterLimit { waiters.removeFirst() }
    waiters.append(waiter)
  }

  /// An owner has what it waited for, or waits no more.
  mutating func stopWaiting(clientid: Clientid4, owner: [UInt8]) {
    waiters.removeAll { $0.clientid == clientid && $0.owner == owner }
  }

  /// Forgets those who wait since before a time: they ask again or gave up.
  mutating func forgetWaiters(since limit: Duration) { waiters.removeAll { $0.since < limit } }

  mutating func forgetWaiters(of clientid: Clientid4) {
    waiters.removeAll { $0.clientid == clientid }
  }

  /// Takes those whose locks nothing is in the way of now, in the order they came. Two of them may
  /// be in each other's way: the second then is denied, and waits again.
  mutating func takeReady() -> [Waiter] {
    let (held, all) = (held, waiters)
    func isReady(_ waiter: Waiter) -> Bool {
      // An owner's own locks are not in its way, but its stateid is not known here: what it holds
      // itself is rarely what it waits for, and it asks again by itself.
      !held.contains {
        (waiter.isExclusive || $0.isExclusive) && $0.span.overlaps(waiter.span)
      }
    }
    waiters.removeAll { isReady($0) }
    return all.filter { isReady($0) }
  }
}
