import NIOCore
import Synchronization

/// A number of bytes that many share, each of whom says how much of it it holds.
///
/// Nobody may hold more than a sixteenth of what is free: so who holds much goes without before who
/// holds little, many who take what they can leave something for who comes next, and one who is
/// alone has enough. (Choudhury and Hahne's dynamic thresholds, which share the memory of switches
/// among ports.) Any thread.
final class ByteBudget: Sendable {
  /// Somebody who goes on when there is something to be had.
  struct Waiter: Sendable {
    let loop: any EventLoop
    /// Called on the loop, once.
    let resume: @Sendable () -> Void
  }

  let limitBytes: Int
  private let used = Atomic<Int>(0)
  private let waiterCount = Atomic<Int>(0)
  private let waiters = Mutex<[UInt64: Waiter]>([:])

  init(limitBytes: Int) { self.limitBytes = limitBytes }

  /// Bytes that all hold.
  var usedBytes: Int { used.load(ordering: .sequentiallyConsistent) }

  /// Whether all of it is held.
  var isExhausted: Bool { usedBytes >= limitBytes }

  /// Whether more than half of it is held.
  var isPressed: Bool { usedBytes > limitBytes / 2 }

  /// Whether somebody may have more. Who holds nothing may as long as there is enough.
  func admits(holding held: Int, more: Int) -> Bool {
    let free = limitBytes - usedBytes
    return more <= free && (held == 0 || held + more <= free / 16)
  }

  /// What one holds changed. Whether it may is not asked: it does.
  func change(from former: Int, to held: Int) {
    guard former != held else { return }
    let (before, after) = used.add(held - former, ordering: .sequentiallyConsistent)
    // Whoever waits counts itself first and looks at the bytes then; here it is the other way
    // round.
    guard held < former, waiterCount.load(ordering: .sequentiallyConsistent) > 0 else { return }
    wake(before: before, after: after)
  }

  // MARK: Waiting

  /// Has `waiter` resumed some time after bytes were given back. Whoever waits looks again first:
  /// what was given back before this call wakes nobody.
  func wait(_ id: UInt64, _ waiter: Waiter) {
    waiters.withLock { waiters in
      waiters[id] = waiter
      waiterCount.store(waiters.count, ordering: .sequentiallyConsistent)
    }
  }

  /// Does not wait any longer; it may be resumed all the same if that was under way.
  func cancelWait(_ id: UInt64) {
    waiters.withLock { waiters in
      waiters[id] = nil
      waiterCount.store(waiters.count, ordering: .sequentiallyConsistent)
    }
  }

  /// One for each return, while there is room. All when it falls by an eighth below the limit: so
  /// nobody is left over, and a crowd is not woken for every few bytes.
  private func wake(before: Int, after: Int) {
    let level = limitBytes - limitBytes / 8
    let all = before > level && after <= level
    guard all || after < limitBytes else { return }
    let woken = waiters.withLock { waiters -> [Waiter] in
      defer { waiterCount.store(waiters.count, ordering: .sequentiallyConsistent) }
      guard all else { return waiters.popFirst().map { [$0.value] } ?? [] }
      defer { waiters = [:] }
      return Array(waiters.values)
    }
    for waiter in woken { waiter.loop.execute(waiter.resume) }
  }
}
