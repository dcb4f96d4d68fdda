public import NIOCore

/// Reads XDR values one after the other from a buffer (RFC 4506).
///
/// Nothing is copied: `opaque` returns slices that share the buffer's storage. What outlives the
/// request must copy them, or it keeps the whole receive buffer alive.
public struct XDRDecoder: Sendable {
  @usableFromInline var buffer: ByteBuffer

  @inlinable public init(_ buffer: ByteBuffer) { self.buffer = buffer }

  /// Bytes not read yet.
  @inlinable public var remainingBytes: Int { buffer.readableBytes }

  /// What was not read yet, as a slice.
  @inlinable public var remainder: ByteBuffer { buffer }

  /// - Throws: `trailingBytes` unless every byte was read.
  @inlinable public func finish() throws(XDRError) {
    guard buffer.readableBytes == 0 else {
      throw .trailingBytes(count: buffer.readableBytes)
    }
  }

  /// Unsigned integer (RFC 4506 §4.2).
  @inlinable public mutating func uint32() throws(XDRError) -> UInt32 {
    guard let value = buffer.readInteger(as: UInt32.self) else { throw .truncated }
    return value
  }

  /// Integer (RFC 4506 §4.1).
  @inlinable public mutating func int32() throws(XDRError) -> Int32 {
    Int32(bitPattern: try uint32())
  }

  /// Unsigned hyper integer (RFC 4506 §4.5).
  @inlinable public mutating func uint64() throws(XDRError) -> UInt64 {
    guard let value = buffer.readInteger(as: UInt64.self) else { throw .truncated }
    return value
  }

  /// Hyper integer (RFC 4506 §4.5).
  @inlinable public mutating func int64() throws(XDRError) -> Int64 {
    Int64(bitPattern: try uint64())
  }

  /// Boolean (RFC 4506 §4.4).
  @inlinable public mutating func bool() throws(XDRError) -> Bool {
    switch try uint32() {
    case 0: return false
    case 1: return true
    case let other: throw .badBoolean(other)
    }
  }

  /// Fixed-length opaque data with its padding (RFC 4506 §4.9), as a slice.
  @inlinable public mutating func fixedOpaque(_ byteCount: Int) throws(XDRError) -> ByteBuffer {
    guard byteCount <= buffer.readableBytes, let bytes = buffer.readSlice(length: byteCount) else {
      throw .truncated
    }
    try skipPadding(after: byteCount)
    return bytes
  }

  /// Variable-length opaque data (RFC 4506 §4.10), as a slice.
  /// - Parameter limit: the most bytes that are accepted.
  @inlinable public mutating func opaque(limit: Int) throws(XDRError) -> ByteBuffer {
    try fixedOpaque(try count(limit: limit))
  }

  /// A string (RFC 4506 §4.11) as bytes: NFS leaves names' encoding to those who choose them.
  @inlinable public mutating func bytes(limit: Int) throws(XDRError) -> [UInt8] {
    Array(try opaque(limit: limit).readableBytesView)
  }

  /// The element count of a variable-length array or the byte count of an opaque (RFC 4506 §4.13).
  ///
  /// The count never exceeds `limit` nor, as every element takes at least `elementBytes`, what the
  /// remaining input could hold: a reservation made from it is bounded by what was received.
  @inlinable public mutating func count(
    limit: Int, elementBytes: Int = 1
  ) throws(XDRError) -> Int {
    let claimed = try uint32()
    guard let count = Int(exactly: claimed), count <= limit else {
      throw .tooLong(claimed: claimed, limit: limit)
    }
    guard count <= buffer.readableBytes / elementBytes else { throw .truncated }
    return count
  }

  /// A variable-length array (RFC 4506 §4.13) of at most `limit` elements, each of which takes at
  /// least `elementBytes` on the wire.
  @inlinable public mutating func array<Element>(
    limit: Int, elementBytes: Int = 4,
    _ element: (inout XDRDecoder) throws(XDRError) -> Element
  ) throws(XDRError) -> [Element] {
    let count = try count(limit: limit, elementBytes: elementBytes)
    var elements: [Element] = []
    elements.reserveCapacity(count)
    for _ in 0..<count { elements.append(try element(&self)) }
    return elements
  }

  /// Optional data (RFC 4506 §4.19).
  @inlinable public mutating func optional<Element>(
    _ element: (inout XDRDecoder) throws(XDRError) -> Element
  ) throws(XDRError) -> Element? {
    try bool() ? try element(&self) : nil
  }

  @usableFromInline mutating func skipPadding(after byteCount: Int) throws(XDRError) {
    let padding = (4 - byteCount & 3) & 3
    guard padding > 0 else { return }
    guard buffer.readableBytes >= padding else { throw .truncated }
    for _ in 0..<padding {
      guard buffer.readInteger(as: UInt8.self) == 0 else { throw .nonZeroPadding }
    }
  }
}
