public import NFSv4
import NIOCore
public import ONCRPC

/// One session and the connections bound to it (RFC 8881 §2.10). Its slots change with every
/// request and live beside it, in `SessionTable`.
struct Session: Sendable {
  let sessionid: Sessionid4
  let clientid: Clientid4
  let foreAttrs: ChannelAttrs4
  let backAttrs: ChannelAttrs4
  var cbProgram: UInt32
  var cbCredential: OpaqueAuth
  /// The client asked for a backchannel when it made the session.
  let wantsBackchannel: Bool
  /// The minor version it was made with: callbacks must carry the same, or a stock client does not
  /// find its session.
  let minorversion: UInt32
  /// Connections that carry callbacks, latest last.
  var backConnections: [UInt64] = []
  /// Connections on which requests of the session were seen.
  var foreConnections: Set<UInt64> = []

  static let connectionLimit = 64
}

/// One slot of the fore channel (RFC 8881 §2.10.6.1).
///
/// States: idle (reply kept or not) → running → idle.
struct Slot: Sendable {
  enum State: Sendable {
    /// Nothing was sent yet with this slot, or its reply was not to be kept.
    case idle
    case running
    /// The last reply, for a retry.
    case cached([ByteBuffer])
  }

  var sequenceid: UInt32 = 0
  var state = State.idle
  /// Tells a retry from another request with the same sequence id.
  var fingerprint: UInt64 = 0

  /// Bytes of the reply that is kept.
  var cachedBytes: Int {
    if case .cached(let reply) = state { return reply.reduce(0) { $0 + $1.readableBytes } }
    return 0
  }
}

/// One slot of the backchannel.
struct BackSlot: Sendable {
  var sequenceid: UInt32 = 0
  var isBusy = false
}

/// A place taken in a slot table while a COMPOUND runs.
public struct SlotTicket: Sendable {
  public let clientid: Clientid4
  public let sessionid: Sessionid4
  public let connection: UInt64
  let slotid: UInt32
  let sequenceid: UInt32
  let cachethis: Bool
  /// Bytes a reply may have.
  public let maxResponseBytes: Int
  let maxCachedResponseBytes: Int
  let maxOperations: Int
}

/// How to send one callback.
public struct BackchannelTicket: Sendable {
  public let clientid: Clientid4
  public let sessionid: Sessionid4
  public let connection: UInt64
  public let slotid: UInt32
  public let sequenceid: UInt32
  public let highestSlotid: UInt32
  public let program: UInt32
  public let credential: OpaqueAuth
  /// Of the COMPOUND that made the session, and so of its callbacks.
  public let minorversion: UInt32
}

/// What became of a callback's sequence id.
public enum CallbackFate: Sendable {
  /// The client processed CB_SEQUENCE, or may have: the id is used up.
  case seen
  /// The client refused CB_SEQUENCE: the id is free.
  case unseen
  /// The client expects an earlier one: ids were given up without being seen.
  case misordered
}
