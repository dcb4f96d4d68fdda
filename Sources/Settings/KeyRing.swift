import Synchronization

/// The cluster's keys as they are now: what a daemon reads again while it runs.
public final class KeyRing: Sendable {
  private struct State {
    var keys: [[UInt8]]
    var observers: [@Sendable ([[UInt8]]) -> Void] = []
  }

  private let state: Mutex<State>

  /// - Parameter keys: each `KeyFile.keyBytes` long; the first is used, all are accepted.
  public init(_ keys: [[UInt8]]) { state = Mutex(State(keys: keys)) }

  /// The keys now.
  public var keys: [[UInt8]] { state.withLock { $0.keys } }

  /// Has `body` called with the keys whenever they are replaced, in the order of these calls.
  public func onChange(_ body: @escaping @Sendable ([[UInt8]]) -> Void) {
    state.withLock { $0.observers.append(body) }
  }

  /// Uses other keys from now on.
  /// - Returns: whether they are others.
  @discardableResult
  public func replace(with keys: [[UInt8]]) -> Bool {
    let observers = state.withLock { state -> [@Sendable ([[UInt8]]) -> Void]? in
      guard state.keys != keys else { return nil }
      state.keys = keys
      return state.observers
    }
    for observer in observers ?? [] { observer(keys) }
    return observers != nil
  }
}
