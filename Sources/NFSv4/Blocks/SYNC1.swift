public import NIOCore
public import XDR

/// One step of the comparison of what the callee holds with what the caller believes it holds. Both
/// bodies are messages of the anti-entropy of `Contents`.
///
///     struct SYNC1args { opaque request<65536>; };
///     struct SYNC1res  { opaque response<65536>; };
public struct SYNC1: XDRCodable, Hashable, Sendable {
  /// Bytes of one message.
  public static let limitBytes = 65_536

  public var message: ByteBuffer

  public init(message: ByteBuffer) {
    self.message = message
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    message = try decoder.opaque(limit: Self.limitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(message)
  }
}
