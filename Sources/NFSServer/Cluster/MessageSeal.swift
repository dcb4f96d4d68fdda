public import Crypto
import Foundation
public import NFSv4
public import NIOCore
import Synchronization

/// Seals messages between two that have proven the cluster's key to each other: whoever changes one
/// on its way, or makes one up, is found out.
///
///     struct sealed1 {
///         uint64_t number;      /* of the call; its answer carries the same */
///         uint64_t counter;     /* the sender's, never twice on a connection */
///         uint32_t headBytes;   /* of the body, at most 1024 */
///         opaque   code[16];    /* the tag of AES-256-GCM */
///         /* the body: arguments or results */
///     };
///
/// The tag is that of direction, procedure, number, headBytes and the body's first `headBytes`
/// bytes as plain text, and of the rest of the body as additional data; the nonce is direction and
/// counter. Nothing is encrypted: what would be the cipher text is thrown away. That the head is
/// apart saves copying a large rest behind it, and the tag of additional data costs a tenth of an
/// HMAC.
///
/// A call that is sent again by somebody in between is answered again, under another counter, and
/// an answer that nobody waits for is dropped: both change nothing.
public struct MessageSeal: Sendable {
  /// Bytes in front of the body.
  public static let overheadBytes = 36
  private static let tagBytes = 16
  /// Of a body, as a head of its own.
  private static let headLimit = 1024

  /// Which way a message goes.
  public enum Direction: UInt32, Sendable {
    case call = 1
    case answer = 2
  }

  /// What all copies of a seal count together.
  private final class Counter: Sendable {
    let next = Atomic<UInt64>(0)
  }

  private let key: SymmetricKey
  private let counter = Counter()

  /// - Parameter key: of 256 bits, for one connection alone.
  public init(key: SymmetricKey) { self.key = key }

  /// The message around a body. A large last piece is not copied.
  public func sealed(
    _ body: [ByteBuffer], number: UInt64, _ procedure: BlockProtocol.Procedure,
    _ direction: Direction
  ) -> [ByteBuffer] {
    let head = Self.joined(body.dropLast())
    let (parts, rest) =
      head.readableBytes <= Self.headLimit
      ? ([head], body.last ?? ByteBuffer()) : ([], Self.joined(body[...]))
    let headBytes = parts.first?.readableBytes ?? 0
    let count = counter.next.wrappingAdd(1, ordering: .relaxed).newValue
    var message = ByteBuffer()
    message.reserveCapacity(Self.overheadBytes + headBytes)
    message.writeInteger(number)
    message.writeInteger(count)
    message.writeInteger(UInt32(headBytes))
    message.writeBytes(
      tag(counter: count, number: number, head: parts.first, rest: rest, procedure, direction))
    for part in parts { message.writeImmutableBuffer(part) }
    return [message, rest]
  }

  /// The body of a message, and its number.
  /// - Returns: nil for what was not sealed by the other side of this connection.
  public func opened(
    _ message: ByteBuffer, _ procedure: BlockProtocol.Procedure, _ direction: Direction
  ) -> (number: UInt64, body: ByteBuffer)? {
    var message = message
    guard let number = message.readInteger(as: UInt64.self),
      let counter = message.readInteger(as: UInt64.self),
      let headBytes = message.readInteger(as: UInt32.self).flatMap(Int.init(exactly:)),
      let claimed = message.readBytes(length: Self.tagBytes),
      headBytes <= Self.headLimit
    else { return nil }
    let body = message
    guard let head = message.readSlice(length: headBytes) else { return nil }
    let tag = tag(
      counter: counter, number: number, head: head, rest: message, procedure, direction)
    return Self.areEqual(claimed, tag) ? (number, body) : nil
  }

  private func tag(
    counter: UInt64, number: UInt64, head: ByteBuffer?, rest: ByteBuffer,
    _ procedure: BlockProtocol.Procedure, _ direction: Direction
  ) -> [UInt8] {
    var nonce = ByteBuffer()
    nonce.writeInteger(direction.rawValue)
    nonce.writeInteger(counter)
    var text = ByteBuffer()
    text.writeInteger(direction.rawValue)
    text.writeInteger(procedure.rawValue)
    text.writeInteger(number)
    text.writeInteger(UInt32(head?.readableBytes ?? 0))
    if let head { text.writeImmutableBuffer(head) }
    return nonce.withUnsafeReadableBytes { nonce in
      text.withUnsafeReadableBytes { text in
        rest.withUnsafeReadableBytes { rest in
          do {
            let box = try AES.GCM.seal(
              text, using: key, nonce: AES.GCM.Nonce(data: nonce), authenticating: rest)
            return Array(box.tag)
          } catch {
            preconditionFailure("AES-GCM of \(text.count) and \(rest.count) bytes: \(error)")
          }
        }
      }
    }
  }

  private static func joined(_ pieces: ArraySlice<ByteBuffer>) -> ByteBuffer {
    guard pieces.count != 1, let first = pieces.first else { return pieces.first ?? ByteBuffer() }
    var all = first
    for piece in pieces.dropFirst() { all.writeImmutableBuffer(piece) }
    return all
  }

  /// Compares in a time that does not depend on where they differ.
  private static func areEqual(_ one: [UInt8], _ other: [UInt8]) -> Bool {
    one.count == other.count && zip(one, other).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}
