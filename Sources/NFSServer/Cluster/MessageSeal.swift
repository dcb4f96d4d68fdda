public import Crypto
import Foundation
public import NFSv4
public import NIOCore

/// Seals messages between two that have proven the cluster's key to each other: whoever changes one
/// on its way, or makes one up, is found out.
///
///     struct sealed1 {
///         uint64_t number;      /* of the call; its answer carries the same */
///         opaque   code[32];    /* HMAC-SHA256 over direction, procedure, number and body */
///         /* the body: arguments or results */
///     };
///
/// A call that is sent again by somebody in between is answered again, and an answer that nobody
/// waits for is dropped: both change nothing.
public struct MessageSeal: Sendable {
  /// Bytes in front of the body.
  public static let overheadBytes = 40
  private static let codeBytes = 32

  /// Which way a message goes.
  public enum Direction: UInt32, Sendable {
    case call = 1
    case answer = 2
  }

  private let key: SymmetricKey

  public init(key: SymmetricKey) { self.key = key }

  /// The message around a body. Large pieces are not copied.
  public func sealed(
    _ body: [ByteBuffer], number: UInt64, _ procedure: BlockProtocol.Procedure,
    _ direction: Direction
  ) -> [ByteBuffer] {
    var head = ByteBuffer()
    head.reserveCapacity(Self.overheadBytes)
    head.writeInteger(number)
    head.writeBytes(code(body, number: number, procedure, direction))
    return [head] + body
  }

  /// The body of a message, and its number.
  /// - Returns: nil for what was not sealed by the other side of this connection.
  public func opened(
    _ message: ByteBuffer, _ procedure: BlockProtocol.Procedure, _ direction: Direction
  ) -> (number: UInt64, body: ByteBuffer)? {
    var message = message
    guard let number = message.readInteger(as: UInt64.self),
      let claimed = message.readBytes(length: Self.codeBytes)
    else { return nil }
    let isValid = HMAC<SHA256>.isValid(
      claimed, code([message], number: number, procedure, direction))
    return isValid ? (number, message) : nil
  }

  private func code(
    _ body: [ByteBuffer], number: UInt64, _ procedure: BlockProtocol.Procedure,
    _ direction: Direction
  ) -> HMAC<SHA256>.MAC {
    var hmac = HMAC<SHA256>(key: key)
    var head = ByteBuffer()
    head.writeInteger(direction.rawValue)
    head.writeInteger(procedure.rawValue)
    head.writeInteger(number)
    head.withUnsafeReadableBytes { hmac.update(data: $0) }
    for piece in body { piece.withUnsafeReadableBytes { hmac.update(data: $0) } }
    return hmac.finalize()
  }
}

extension HMAC<SHA256> {
  /// Compares in a time that does not depend on where they differ.
  fileprivate static func isValid(_ claimed: [UInt8], _ code: MAC) -> Bool {
    code == Data(claimed)
  }
}
