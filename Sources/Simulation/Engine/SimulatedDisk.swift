/// What a disk is asked for.
public enum DiskOperation: UInt8, Hashable, Sendable {
  /// Bytes that were written before.
  case read
  /// Bytes that take room.
  case write
}

/// The answer to ``NodeContext/readDisk(bytes:token:)`` and
/// ``NodeContext/writeDisk(bytes:token:)``.
public struct DiskCompletion: Hashable, Sendable {
  /// What was asked for.
  public var operation: DiskOperation
  /// The token it was asked with.
  public var token: UInt64
  /// False for a write that found no room.
  public var succeeded: Bool
}

/// How fast a disk is and how much it holds.
public struct DiskSpeed: Hashable, Sendable {
  /// Bytes a second; nil means without limit.
  public var readBytesPerSecond: Int?
  /// Bytes a second; nil means without limit.
  public var writeBytesPerSecond: Int?
  /// What every operation takes besides.
  public var operationLatency: Duration
  /// In bytes; nil means without limit.
  public var capacityBytes: Int?

  /// A disk; without arguments one that takes no time and has no end.
  public init(
    readBytesPerSecond: Int? = nil, writeBytesPerSecond: Int? = nil,
    operationLatency: Duration = .zero, capacityBytes: Int? = nil
  ) {
    self.readBytesPerSecond = readBytesPerSecond
    self.writeBytesPerSecond = writeBytesPerSecond
    self.operationLatency = operationLatency
    self.capacityBytes = capacityBytes
  }
}

/// A disk with one arm: operations are done one after another, in the order they were asked for.
struct SimulatedDisk {
  var speed: DiskSpeed
  private(set) var usedBytes = 0
  private(set) var readBytes = 0
  private(set) var writtenBytes = 0
  private var freeAtNanoseconds: Int64 = 0

  init(_ speed: DiskSpeed) {
    self.speed = speed
  }

  /// Takes an operation on; says when it will be done and whether it will have worked.
  mutating func submit(
    _ operation: DiskOperation, bytes: Int, nowNanoseconds: Int64
  ) -> (doneAtNanoseconds: Int64, succeeded: Bool) {
    let bytes = max(0, bytes)
    var nanoseconds = speed.operationLatency.wholeNanoseconds
    var succeeded = true
    switch operation {
    case .read:
      readBytes += bytes
      nanoseconds += transferNanoseconds(bytes, bytesPerSecond: speed.readBytesPerSecond)
    case .write:
      succeeded = speed.capacityBytes.map { bytes <= $0 - usedBytes } ?? true
      if succeeded {
        usedBytes += bytes
        writtenBytes += bytes
        nanoseconds += transferNanoseconds(bytes, bytesPerSecond: speed.writeBytesPerSecond)
      }
    }
    freeAtNanoseconds = max(freeAtNanoseconds, nowNanoseconds) + nanoseconds
    return (freeAtNanoseconds, succeeded)
  }

  mutating func free(bytes: Int) {
    usedBytes -= min(usedBytes, max(0, bytes))
  }
}

/// The time that bytes take at a rate, rounded up to nanoseconds; 0 without a rate. No more than
/// 2^33 bytes at once: their nanoseconds at one byte a second are what Int64 holds.
func transferNanoseconds(_ bytes: Int, bytesPerSecond: Int?) -> Int64 {
  guard let bytesPerSecond, bytesPerSecond > 0 else { return 0 }
  precondition(bytes <= 1 << 33, "\(bytes) bytes in one piece")
  return Int64((bytes * 1_000_000_000 + bytesPerSecond - 1) / bytesPerSecond)
}
