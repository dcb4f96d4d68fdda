public import NIOCore

/// Why a byte stream is no sequence of RPC records. The connection has to be closed.
public enum RecordMarkingError: Error, Equatable, Sendable {
  /// A record's fragments claim more than the limit. Nothing was allocated for the excess.
  case recordTooLong(claimedBytes: Int, limitBytes: Int)
  /// A record is made of more fragments than any sensible sender uses.
  case tooManyFragments(limit: Int)
}

/// Cuts a TCP stream into RPC records (RFC 5531 §11).
///
/// States: between fragments → header known → fragment complete → (last fragment) record out.
/// A record that came as one fragment is a slice of what was received; the fragments of a larger
/// one are gathered. Memory is bounded by the record limit.
public struct RecordAssembler {
  /// Senders use one fragment; some use one for each write. Empty ones count too.
  static let fragmentLimit = 1024

  private let recordLimitBytes: Int
  private var received = ByteBuffer()
  private var gathered: ByteBuffer?
  private var fragmentCount = 0

  /// - Parameter recordLimitBytes: a record that claims more is an error.
  public init(recordLimitBytes: Int) { self.recordLimitBytes = recordLimitBytes }

  /// Bytes held for records that are not complete.
  public var heldBytes: Int { received.readableBytes + (gathered?.readableBytes ?? 0) }

  /// Bytes of memory behind `received`, with those that were handed out already.
  public var capacityBytes: Int { received.storageCapacity + (gathered?.storageCapacity ?? 0) }

  /// Appends what the socket delivered.
  public mutating func append(_ bytes: ByteBuffer) {
    if received.readableBytes == 0 {
      received = bytes
      return
    }
    // What was handed out goes first: a buffer that is only appended to keeps every byte there
    // ever was, as long as no read of the socket happens to end where a record does.
    if received.readerIndex > 0 { received = ByteBuffer(bytes: received.readableBytesView) }
    // The size of a record is taken as it is said once an eighth of it is there: else it would be
    // copied again and again while it grows.
    if let mark = received.getInteger(at: received.readerIndex, as: UInt32.self) {
      let wanted = 4 + min(recordLimitBytes, Int(mark & 0x7fff_ffff))
      let held = received.readableBytes + bytes.readableBytes
      if held < wanted, wanted <= 8 * held { received.reserveCapacity(wanted) }
    }
    received.writeImmutableBuffer(bytes)
  }

  /// The next complete record, or nil until more arrives.
  public mutating func next() throws(RecordMarkingError) -> ByteBuffer? {
    while let mark = received.getInteger(at: received.readerIndex, as: UInt32.self) {
      let isLast = mark & 0x8000_0000 != 0
      let fragmentBytes = Int(mark & 0x7fff_ffff)
      let heldBefore = gathered?.readableBytes ?? 0
      guard fragmentBytes <= recordLimitBytes - heldBefore else {
        throw .recordTooLong(
          claimedBytes: heldBefore + fragmentBytes, limitBytes: recordLimitBytes)
      }
      guard received.readableBytes - 4 >= fragmentBytes else { return nil }
      received.moveReaderIndex(forwardBy: 4)
      guard let fragment = received.readSlice(length: fragmentBytes) else { return nil }
      if received.readableBytes == 0 { received = ByteBuffer() }
      fragmentCount += 1
      guard fragmentCount <= Self.fragmentLimit else {
        throw .tooManyFragments(limit: Self.fragmentLimit)
      }
      if isLast, gathered == nil {
        fragmentCount = 0
        return fragment
      }
      var record = gathered ?? ByteBuffer()
      gathered = nil
      record.writeImmutableBuffer(fragment)
      if isLast {
        fragmentCount = 0
        return record
      }
      gathered = record
    }
    return nil
  }
}

/// The mark in front of a record sent as one fragment (RFC 5531 §11).
@inlinable public func recordMark(recordBytes: Int) -> UInt32 {
  precondition(recordBytes < 0x8000_0000, "record of \(recordBytes) bytes")
  return 0x8000_0000 | UInt32(truncatingIfNeeded: recordBytes)
}
