import Foundation
import Synchronization

/// A value that arrives once, from any thread, and that tasks await for a bounded time.
final class Eventual<Value: Sendable>: Sendable {
  private struct State {
    var value: Value?
    var nextWaiter: UInt64 = 0
    var waiters: [UInt64: CheckedContinuation<Value?, Never>] = [:]
  }

  private let state = Mutex(State())

  /// The value if it has arrived.
  var current: Value? { state.withLock { $0.value } }

  /// Settles the value and wakes everybody; later values are dropped.
  func resolve(_ value: Value) {
    let waiters = state.withLock { state -> [CheckedContinuation<Value?, Never>] in
      guard state.value == nil else { return [] }
      state.value = value
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  /// The value, or nil if it has not arrived after `limit` or the waiting task was cancelled.
  func value(within limit: Duration) async -> Value? {
    let id = state.withLock { state -> UInt64 in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early = state.withLock { state -> Value?? in
          if let value = state.value { return .some(value) }
          if Task.isCancelled { return .some(nil) }
          state.waiters[id] = continuation
          return nil
        }
        if let early {
          continuation.resume(returning: early)
          return
        }
        let nanoseconds = max(0, limit / .nanoseconds(1))
        DispatchQueue.global().asyncAfter(
          deadline: .now() + .nanoseconds(Int(min(nanoseconds, 1e17)))
        ) { self.abandon(id) }
      }
    } onCancel: {
      abandon(id)
    }
  }

  private func abandon(_ id: UInt64) {
    let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
    waiter?.resume(returning: nil)
  }
}

/// Runs `body`, which may block or change its thread's namespaces, on a thread of its own that
/// ends with it.
func onThread<Value: Sendable>(
  _ body: @escaping @Sendable () throws -> Value
) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread {
      continuation.resume(with: Result { try body() })
    }
  }
}
