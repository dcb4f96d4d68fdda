import NFSv4

/// What became of the state tables by a call, beside what was asked: to be taken care of outside of
/// the lock.
struct StateEvents: Sendable {
  /// Files that operations wait for and that nothing is in the way of any more.
  var cleared: [NfsFh4] = []
  /// Lock states that are gone: what they locked of their files has to be unlocked.
  var releasedLocks: [StateidOther] = []
  /// Locks that may be had now. To be told after what was released is.
  var notices: [LockNotice] = []

  var isEmpty: Bool { cleared.isEmpty && releasedLocks.isEmpty && notices.isEmpty }
}
