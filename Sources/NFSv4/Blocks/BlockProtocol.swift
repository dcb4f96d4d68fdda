import XDR

/// The RPC program by which peers take stored blocks from each other and from the metadata server.
///
/// It runs over TCP on the same port as NFS; its number is in the range for local use (RFC 5531
/// §8.4). First both sides of a connection prove to each other that they hold the cluster's key,
/// which itself never travels:
///
///     caller                                    callee
///     CHALLENGE(nonce A, session)  ─────────▶
///                                  ◀─────────   nonce B, proof that the callee holds the key
///     PROVE(proof that the caller holds it) ─▶
///                                  ◀─────────   0: the rest is open on this connection
///                                               1: refused, and the connection gets nothing
///
/// From then on every call and every answer is a `SealedMessage`: it carries a code that only the
/// two sides of this very connection can make. On connections that proved nothing the procedures
/// from LOCATE on answer AUTH_TOOWEAK.
///
///     program P2P_BLOCK_PROGRAM {
///         version P2P_BLOCK_V1 {
///             void          NULL(void) = 0;
///             CHALLENGE1res CHALLENGE(CHALLENGE1args) = 1;
///             PROVE1res     PROVE(PROVE1args) = 2;
///             sealed1       LOCATE(sealed1) = 3;   /* LOCATE1args, LOCATE1res */
///             sealed1       TAKE(sealed1) = 4;     /* TAKE1args, TAKE1res */
///             sealed1       CANCEL(sealed1) = 5;   /* CANCEL1args, void */
///             sealed1       STATUS(sealed1) = 6;   /* void, STATUS1res */
///             sealed1       SYNC(sealed1) = 7;     /* SYNC1args, SYNC1res */
///             sealed1       ACCUSE(sealed1) = 8;   /* ACCUSE1args, void: to the metadata server */
///             sealed1       URGE(sealed1) = 9;     /* CANCEL1args, void: a reader waits now */
///             sealed1       CHASE(sealed1) = 10;   /* CHASE1args, void */
///         } = 1;
///     } = 0x20503250;
public enum BlockProtocol {
  public static let program: UInt32 = 0x2050_3250
  public static let version: UInt32 = 1

  /// The program's procedures.
  public enum Procedure: UInt32, Sendable {
    case NULL = 0
    case CHALLENGE = 1
    case PROVE = 2
    case LOCATE = 3
    case TAKE = 4
    case CANCEL = 5
    case STATUS = 6
    case SYNC = 7
    case ACCUSE = 8
    case URGE = 9
    case CHASE = 10
  }

  /// Bytes of a nonce: exactly as many.
  public static let nonceBytes = 32
  /// Bytes of a proof: exactly as many.
  public static let proofBytes = 32
  /// Members that one question can exclude.
  public static let excludedLimit = 16
  /// Bytes of one block as it is stored: 1 MiB, and what an encoding may add to it.
  public static let blockLimitBytes = 1024 * 1024 + 64 * 1024
  /// Bytes of the largest block when unpacked.
  public static let plainLimitBytes: UInt32 = 1024 * 1024

  /// Reads an opaque of one size only.
  static func exactly(
    _ byteCount: Int, from decoder: inout XDRDecoder
  ) throws(XDRError) -> [UInt8] {
    let bytes = try decoder.bytes(limit: byteCount)
    guard bytes.count == byteCount else { throw .badValue("opaque that is too short") }
    return bytes
  }
}
