public import NIOCore

/// Writes XDR values one after the other (RFC 4506).
///
/// Large payloads are not copied: `opaqueSlice` keeps a reference to the slice between two buffers
/// of encoded bytes, and `finish` returns all pieces in order, for one gathering write.
public struct XDREncoder: Sendable {
  /// Opaque data up to this many bytes is copied; a reference costs more.
  @usableFromInline static var copyLimitBytes: Int { 1024 }

  @usableFromInline var buffer: ByteBuffer
  @usableFromInline var pieces: [ByteBuffer] = []
  @usableFromInline var piecesByteCount = 0

  /// - Parameter buffer: what is encoded is appended to it.
  @inlinable public init(_ buffer: ByteBuffer = ByteBuffer()) { self.buffer = buffer }

  /// Bytes written so far, with the referenced slices.
  @inlinable public var byteCount: Int { piecesByteCount + buffer.readableBytes }

  @inlinable public mutating func uint32(_ value: UInt32) { buffer.writeInteger(value) }
  @inlinable public mutating func int32(_ value: Int32) { buffer.writeInteger(value) }
  @inlinable public mutating func uint64(_ value: UInt64) { buffer.writeInteger(value) }
  @inlinable public mutating func int64(_ value: Int64) { buffer.writeInteger(value) }
  @inlinable public mutating func bool(_ value: Bool) { uint32(value ? 1 : 0) }

  /// An element count or a byte count. Counts beyond 2^32-1 are this program's mistake.
  @inlinable public mutating func count(_ value: Int) {
    precondition(value >= 0 && value <= UInt32.max, "XDR count \(value)")
    uint32(UInt32(truncatingIfNeeded: value))
  }

  /// Fixed-length opaque data with its padding (RFC 4506 §4.9).
  @inlinable public mutating func fixedOpaque(_ bytes: some Collection<UInt8>) {
    let written = buffer.writeBytes(bytes)
    pad(after: written)
  }

  /// Fixed-length opaque data with its padding (RFC 4506 §4.9), copied.
  @inlinable public mutating func fixedOpaque(_ bytes: ByteBuffer) {
    let written = buffer.writeImmutableBuffer(bytes)
    pad(after: written)
  }

  /// Variable-length opaque data or a string (RFC 4506 §4.10, §4.11), copied.
  @inlinable public mutating func opaque(_ bytes: some Collection<UInt8>) {
    count(bytes.count)
    fixedOpaque(bytes)
  }

  /// Variable-length opaque data (RFC 4506 §4.10), copied.
  @inlinable public mutating func opaque(_ bytes: ByteBuffer) {
    count(bytes.readableBytes)
    fixedOpaque(bytes)
  }

  /// Variable-length opaque data made of `slices`, referenced rather than copied where large.
  @inlinable public mutating func opaqueSlices(_ slices: some Collection<ByteBuffer>) {
    var total = 0
    for slice in slices { total += slice.readableBytes }
    count(total)
    for slice in slices {
      if slice.readableBytes <= Self.copyLimitBytes {
        buffer.writeImmutableBuffer(slice)
      } else {
        closePiece()
        piecesByteCount += slice.readableBytes
        pieces.append(slice)
      }
    }
    pad(after: total)
  }

  /// A variable-length array (RFC 4506 §4.13).
  @inlinable public mutating func array<Element>(
    _ elements: [Element], _ encode: (Element, inout XDREncoder) -> Void
  ) {
    count(elements.count)
    for element in elements { encode(element, &self) }
  }

  /// Optional data (RFC 4506 §4.19).
  @inlinable public mutating func optional<Element>(
    _ element: Element?, _ encode: (Element, inout XDREncoder) -> Void
  ) {
    bool(element != nil)
    if let element { encode(element, &self) }
  }

  /// Appends what is encoded already: a whole number of XDR units.
  @inlinable public mutating func encoded(_ bytes: ByteBuffer) {
    precondition(bytes.readableBytes & 3 == 0, "XDR unit of \(bytes.readableBytes) bytes")
    buffer.writeImmutableBuffer(bytes)
  }

  /// Reserves a 32-bit field to be filled in by `setUInt32` when its value is known. Valid until
  /// the next `opaqueSlices`.
  @inlinable public mutating func reserveUInt32() -> Int {
    let index = buffer.writerIndex
    buffer.writeInteger(UInt32(0))
    return index
  }

  /// Fills in a field reserved by `reserveUInt32`.
  @inlinable public mutating func setUInt32(_ value: UInt32, at index: Int) {
    buffer.setInteger(value, at: index)
  }

  /// Marks a place to return to by `truncate(to:)`. Valid until the next `opaqueSlices`.
  @inlinable public var mark: Int { buffer.writerIndex }

  /// Drops everything written since `mark`.
  @inlinable public mutating func truncate(to mark: Int) {
    buffer.moveWriterIndex(to: mark)
  }

  /// A place to return to by `roll(back:)`, whatever is written meanwhile.
  public struct Checkpoint: Sendable {
    @usableFromInline let pieceCount: Int
    @usableFromInline let piecesByteCount: Int
    @usableFromInline let bufferedBytes: Int

    @usableFromInline init(pieceCount: Int, piecesByteCount: Int, bufferedBytes: Int) {
      self.pieceCount = pieceCount
      self.piecesByteCount = piecesByteCount
      self.bufferedBytes = bufferedBytes
    }
  }

  @inlinable public var checkpoint: Checkpoint {
    Checkpoint(
      pieceCount: pieces.count, piecesByteCount: piecesByteCount,
      bufferedBytes: buffer.readableBytes)
  }

  /// Drops everything written since the checkpoint.
  @inlinable public mutating func roll(back checkpoint: Checkpoint) {
    if pieces.count > checkpoint.pieceCount {
      // What was in the buffer then is the first piece closed since, or nothing.
      buffer = checkpoint.bufferedBytes > 0 ? pieces[checkpoint.pieceCount] : ByteBuffer()
      pieces.removeSubrange(checkpoint.pieceCount...)
      piecesByteCount = checkpoint.piecesByteCount
    }
    buffer.moveWriterIndex(to: buffer.readerIndex + checkpoint.bufferedBytes)
  }

  /// Variable-length opaque data written in place: `fill` gets `limit` bytes of room and returns
  /// how many it used. Returns what `fill` returned.
  @inlinable public mutating func opaque<Failure: Error>(
    limit: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
  ) throws(Failure) -> Int {
    let lengthIndex = reserveUInt32()
    var failure: Failure?
    let written = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: limit) { room in
      do throws(Failure) {
        return try fill(UnsafeMutableRawBufferPointer(rebasing: room.prefix(limit)))
      } catch {
        failure = error
        return 0
      }
    }
    if let failure {
      truncate(to: lengthIndex)
      throw failure
    }
    setUInt32(UInt32(truncatingIfNeeded: written), at: lengthIndex)
    pad(after: written)
    return written
  }

  /// All pieces in order. The encoder is empty afterwards.
  @inlinable public mutating func finish() -> [ByteBuffer] {
    closePiece()
    let result = pieces
    pieces = []
    piecesByteCount = 0
    return result
  }

  /// Everything as one buffer, copied only where slices are referenced.
  @inlinable public mutating func finishContiguous() -> ByteBuffer {
    if pieces.isEmpty {
      let result = buffer
      buffer = ByteBuffer()
      return result
    }
    let all = finish()
    var result = ByteBufferAllocator().buffer(capacity: all.reduce(0) { $0 + $1.readableBytes })
    for piece in all { result.writeImmutableBuffer(piece) }
    return result
  }

  @usableFromInline mutating func closePiece() {
    guard buffer.readableBytes > 0 else { return }
    piecesByteCount += buffer.readableBytes
    pieces.append(buffer)
    buffer = ByteBuffer()
  }

  @usableFromInline mutating func pad(after byteCount: Int) {
    let padding = (4 - byteCount & 3) & 3
    if padding > 0 { buffer.writeRepeatingByte(0, count: padding) }
  }
}
