import Foundation

/// What an interface has sent and received, as the kernel counts it: whole frames.
public struct InterfaceCounters: Sendable, Equatable {
  public var receivedBytes: UInt64
  public var receivedPackets: UInt64
  public var sentBytes: UInt64
  public var sentPackets: UInt64

  /// What was counted between two readings.
  public static func - (later: Self, earlier: Self) -> Self {
    Self(
      receivedBytes: later.receivedBytes &- earlier.receivedBytes,
      receivedPackets: later.receivedPackets &- earlier.receivedPackets,
      sentBytes: later.sentBytes &- earlier.sentBytes,
      sentPackets: later.sentPackets &- earlier.sentPackets)
  }

  static func read(_ interface: String, in namespace: String) async throws -> Self {
    try await Network.inside(namespace) {
      let table = try String(contentsOfFile: "/proc/thread-self/net/dev", encoding: .utf8)
      for line in table.split(separator: "\n") {
        let parts = line.split(separator: ":", maxSplits: 1)
        guard parts.count == 2, parts[0].trimmingCharacters(in: .whitespaces) == interface
        else { continue }
        let numbers = parts[1].split(separator: " ").compactMap { UInt64($0) }
        guard numbers.count >= 10 else { break }
        return Self(
          receivedBytes: numbers[0], receivedPackets: numbers[1], sentBytes: numbers[8],
          sentPackets: numbers[9])
      }
      throw LabError("no interface \(interface) in \(namespace)")
    }
  }
}
