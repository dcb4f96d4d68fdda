/// Why keys cannot be used.
public enum DatagramSealError: Error, Equatable, Sendable {
  /// At least one key is needed.
  case noKeys
  /// A key is not ``DatagramSeal/keyBytes`` long.
  case keyLength(Int)
}

/// Why a datagram was refused. It changed nothing.
public enum SealRefusal: Hashable, Sendable, CaseIterable {
  /// Too short, too long, or without our magic: no datagram of ours.
  case foreign
  /// Sealed with a key that we do not hold.
  case unknownKey
  /// Somebody changed it, or made it up.
  case forged
  /// It was taken before, or is too old to tell.
  case replayed
  /// We sent it ourselves.
  case reflected
  /// It is for an earlier life of ours, or of whoever had this address; its sender was told, unless
  /// it was an answer itself or too many such came.
  case unbound
  /// A hello that answers nothing we asked lately.
  case unasked
}

/// What a ``DatagramSeal`` counted since it was made. All only grow.
public struct SealStatistics: Hashable, Sendable {
  /// Datagrams sealed, those that only ask for a session included.
  public var sealed: UInt64 = 0
  /// Datagrams opened and handed on.
  public var opened: UInt64 = 0
  /// Datagrams refused, by reason.
  public var refused: [SealRefusal: UInt64] = [:]
  /// Hellos that told a sender our session.
  public var hellosSent: UInt64 = 0
  /// Hellos that told us a session.
  public var hellosTaken: UInt64 = 0
  /// Payloads that were too long to be sent.
  public var tooLong: UInt64 = 0
  /// Times we began a new session because the table of senders was full.
  public var sessionsRenewed: UInt64 = 0

  public init() {}
}
