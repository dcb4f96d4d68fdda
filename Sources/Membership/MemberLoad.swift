/// How busy a member is, by its own account: small, and spread often.
public struct MemberLoad: Hashable, Sendable {
  /// Bytes it sends per second.
  public var egressBytesPerSecond: UInt64
  /// Bytes it could send per second, as measured or set; 0 when unknown.
  public var capacityBytesPerSecond: UInt64
  /// Bytes it has promised to upload and not sent yet.
  public var inFlightBytes: UInt64
  /// How long a request that arrives now would wait, in milliseconds.
  public var queueMilliseconds: UInt32
  /// Of two loads of one boot, the one with the larger sequence is newer. ``Swim`` sets it.
  public internal(set) var sequence: UInt32

  public init(
    egressBytesPerSecond: UInt64 = 0, capacityBytesPerSecond: UInt64 = 0,
    inFlightBytes: UInt64 = 0, queueMilliseconds: UInt32 = 0
  ) {
    self.egressBytesPerSecond = egressBytesPerSecond
    self.capacityBytesPerSecond = capacityBytesPerSecond
    self.inFlightBytes = inFlightBytes
    self.queueMilliseconds = queueMilliseconds
    sequence = 0
  }
}
