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
///         uint32_t headBytes;   /* at the beginning of the body, at most 1024 */
///         uint32_t tailBytes;   /* at its end, at most 1024 */
///         opaque   code[16];    /* the tag of AES-256-GCM */
///         /* the body: arguments or results */
///     };
///
/// The tag is that of direction, procedure, number, headBytes, tailBytes and the head and tail of
/// the body as plain text, and of what is between them as additional data; the nonce is direction
/// and counter. Nothing is encrypted: what would be the cipher text is thrown away. Additional data
/// cost a tenth of an HMAC, and a block between head and tail need not be copied.
///
/// A call that is sent again by somebody in between is answered again, under another counter, and
/// an answer that nobody waits for is dropped: both change nothing.
public struct MessageSeal: Sendable {
  /// Bytes in front of the body.
  public static let overheadBytes = 40
  private static let tagBytes = 16
  /// Bytes of a head, and of a tail.
  private static let edgeLimit = 1024

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

  /// The message around a body. A large piece between small ones is not copied.
  public func sealed(
    _ body: [ByteBuffer], number: UInt64, _ procedure: BlockProtocol.Procedure,
    _ direction: Direction
  ) -> [ByteBuffer] {
    let parts = Parts(body)
    let count = counter.next.wrappingAdd(1, ordering: .relaxed).newValue
    var message = ByteBuffer()
    message.reserveCapacity(Self.overheadBytes + parts.head.readableBytes)
    message.writeInteger(number)
    message.writeInteger(count)
    message.writeInteger(UInt32(parts.head.readableBytes))
    message.writeInteger(UInt32(parts.tail.readableBytes))
    message.writeBytes(tag(parts, counter: count, number: number, procedure, direction))
    message.writeImmutableBuffer(parts.head)
    return [message, parts.middle, parts.tail].filter { $0.readableBytes > 0 }
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
      let tailBytes = message.readInteger(as: UInt32.self).flatMap(Int.init(exactly:)),
      let claimed = message.readBytes(length: Self.tagBytes),
      headBytes <= Self.edgeLimit, tailBytes <= Self.edgeLimit
    else { return nil }
    let body = message
    guard let head = message.readSlice(length: headBytes),
      message.readableBytes >= tailBytes,
      let middle = message.readSlice(length: message.readableBytes - tailBytes)
    else { return nil }
    let tag = tag(
      Parts(head: head, middle: middle, tail: message), counter: counter, number: number,
      procedure, direction)
    return Self.areEqual(claimed, tag) ? (number, body) : nil
  }

  /// A body, cut so that what is large is in the middle.
  private struct Parts {
    var head = ByteBuffer()
    var middle = ByteBuffer()
    var tail = ByteBuffer()

    init(head: ByteBuffer, middle: ByteBuffer, tail: ByteBuffer) {
      (self.head, self.middle, self.tail) = (head, middle, tail)
    }

    init(_ body: [ByteBuffer]) {
      let place = body.indices.max { body[$0].readableBytes < body[$1].readableBytes } ?? 0
      guard !body.isEmpty else { return }
      let head = joined(body[..<place])
      let tail = joined(body[(place + 1)...])
      if max(head.readableBytes, tail.readableBytes) <= edgeLimit {
        (self.head, middle, self.tail) = (head, body[place], tail)
      } else {
        middle = joined(body[...])
      }
    }
  }

  private func tag(
    _ parts: Parts, counter: UInt64, number: UInt64, _ procedure: BlockProtocol.Procedure,
    _ direction: Direction
  ) -> [UInt8] {
    var nonce = ByteBuffer()
    nonce.writeInteger(direction.rawValue)
    nonce.writeInteger(counter)
    var text = ByteBuffer()
    text.writeInteger(direction.rawValue)
    text.writeInteger(procedure.rawValue)
    text.writeInteger(number)
    text.writeInteger(UInt32(parts.head.readableBytes))
    text.writeInteger(UInt32(parts.tail.readableBytes))
    text.writeImmutableBuffer(parts.head)
    text.writeImmutableBuffer(parts.tail)
    return nonce.withUnsafeReadableBytes { nonce in
      text.withUnsafeReadableBytes { text in
        parts.middle.withUnsafeReadableBytes { rest in
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
