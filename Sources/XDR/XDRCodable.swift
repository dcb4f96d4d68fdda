public import NIOCore

/// A type with one XDR representation.
public protocol XDRCodable {
  init(from decoder: inout XDRDecoder) throws(XDRError)
  func encode(to encoder: inout XDREncoder)
}

extension XDRCodable {
  /// Decodes a value that must take the whole buffer.
  @inlinable public init(xdr buffer: ByteBuffer) throws(XDRError) {
    var decoder = XDRDecoder(buffer)
    try self.init(from: &decoder)
    try decoder.finish()
  }

  /// The value's bytes.
  @inlinable public var xdr: ByteBuffer {
    var encoder = XDREncoder()
    encode(to: &encoder)
    return encoder.finishContiguous()
  }
}
