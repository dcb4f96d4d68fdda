import XDR

/// The RPC program by which peers take stored blocks from each other and from the metadata server.
///
/// It runs over TCP on the same port as NFS; its number is in the range for local use (RFC 5531
/// §8.4). Before READ_BLOCKS both sides of a connection prove to each other that they hold the
/// cluster's key, which itself never travels:
///
///     caller                                    callee
///     CHALLENGE(nonce A, session)  ─────────▶
///                                  ◀─────────   nonce B, proof that the callee holds the key
///     PROVE(proof that the caller holds it) ─▶
///                                  ◀─────────   0: READ_BLOCKS is open on this connection
///                                               1: refused, and the connection gets nothing
///     READ_BLOCKS(…)               ─────────▶
///
///     program P2P_BLOCK_PROGRAM {
///         version P2P_BLOCK_V1 {
///             void            NULL(void) = 0;
///             CHALLENGE1res   CHALLENGE(CHALLENGE1args) = 1;
///             PROVE1res       PROVE(PROVE1args) = 2;
///             READ_BLOCKS1res READ_BLOCKS(READ_BLOCKS1args) = 3;
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
    case READ_BLOCKS = 3
  }

  /// Bytes of a nonce: exactly as many.
  public static let nonceBytes = 32
  /// Bytes of a proof: exactly as many.
  public static let proofBytes = 32
  /// Blocks that one READ_BLOCKS can ask for.
  public static let indexLimit = 1024
  /// Bytes of one block as it is stored: 1 MiB, and what an encoding may add to it.
  public static let blockLimitBytes = 1024 * 1024 + 64 * 1024

  /// Reads an opaque of one size only.
  static func exactly(
    _ byteCount: Int, from decoder: inout XDRDecoder
  ) throws(XDRError) -> [UInt8] {
    let bytes = try decoder.bytes(limit: byteCount)
    guard bytes.count == byteCount else { throw .badValue("nonce or proof that is too short") }
    return bytes
  }
}
