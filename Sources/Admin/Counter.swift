import Synchronization

/// A count that only grows. One relaxed atomic addition: cheap enough for every operation.
public final class Counter: Sendable {
  private let count = Atomic<UInt64>(0)

  /// A counter at 0, of no registry.
  public init() {}

  /// Adds what happened; a negative number adds nothing. Wraps at 2^64.
  public func add(_ n: Int = 1) {
    if n > 0 { count.wrappingAdd(UInt64(n), ordering: .relaxed) }
  }

  /// The count now.
  public var value: UInt64 { count.load(ordering: .relaxed) }
}

/// A number that goes up and down, such as open connections.
public final class Gauge: Sendable {
  private let number = Atomic<Int64>(0)

  /// A gauge at 0, of no registry.
  public init() {}

  /// Changes the number by `n`.
  public func add(_ n: Int) { number.wrappingAdd(Int64(n), ordering: .relaxed) }

  /// Replaces the number.
  public func set(_ n: Int) { number.store(Int64(n), ordering: .relaxed) }

  /// The number now.
  public var value: Int { Int(number.load(ordering: .relaxed)) }
}
