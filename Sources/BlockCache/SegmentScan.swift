public import NIOCore

/// Finds the records of a segment that no checkpoint describes. The shell reads the bytes each
/// verdict asks for and hands them back:
///
///     header(at:) → took(header) ─ record ─┬→ payload(at:, bytes:) → took(payload) ─ keep → header
///         │                                └→ (not asked to verify) keep ─→ header
///         └ not a record, or beyond the end of the file → finished
///
/// A record whose header verifies and whose stored bytes do not is skipped, its length being
/// known. Where no header verifies, the scan ends: nothing searches for the next magic, so what
/// lies behind a torn record cannot be taken for one.
public struct SegmentScan: Sendable {
  /// What the shell has to read next.
  public enum Step: Hashable, Sendable {
    /// ``RecordHeader/encodedBytes`` bytes at this offset, for ``take(header:)``.
    case header(offset: Int)
    /// This many bytes at this offset, for ``take(payload:)``.
    case payload(offset: Int, bytes: Int)
    /// Nothing: all that can be found was found.
    case finished
  }

  /// The segment that is scanned.
  public let segment: SegmentHeader
  /// The blocks found so far, in the order of their records; not those marked as removed.
  public private(set) var blocks: [SegmentCheckpoint.Block] = []
  /// How many records were found, with the removed and the damaged ones.
  public private(set) var recordCount = 0
  /// How many records had a good header and other stored bytes than it says.
  public private(set) var damagedCount = 0
  /// Where the last good record ends: what lies behind is a torn tail.
  public private(set) var endOffset: Int
  /// What comes next.
  public private(set) var step: Step

  private let fileBytes: Int
  private var pending: RecordHeader?

  /// A scan of the `fileBytes` of `segment` from `offset`, where a record begins.
  public init(of segment: SegmentHeader, from offset: Int, fileBytes: Int) {
    self.segment = segment
    self.fileBytes = fileBytes
    endOffset = offset
    step = .finished
    advance()
  }

  /// Judges the bytes of a header. With `verifying`, the stored bytes are asked for next; else
  /// the record is kept on its header's word and verified when it is read.
  public mutating func take(header bytes: ByteBuffer, verifying: Bool) {
    var bytes = bytes
    guard case .header(let offset) = step,
      let header = try? RecordHeader(decoding: &bytes, in: segment),
      header.recordBytes <= fileBytes - offset
    else {
      step = .finished
      return
    }
    if verifying, !header.isRemoved {
      pending = header
      step = .payload(offset: offset + RecordHeader.encodedBytes, bytes: header.storedBytes)
    } else {
      keep(header, isGood: true)
    }
  }

  /// Judges the stored bytes of the record whose header came before.
  public mutating func take(payload: ByteBuffer) {
    guard let header = pending else {
      step = .finished
      return
    }
    pending = nil
    keep(header, isGood: header.verifies(payload))
  }

  private mutating func keep(_ header: RecordHeader, isGood: Bool) {
    recordCount += 1
    if !isGood {
      damagedCount += 1
    } else if !header.isRemoved, let offset = UInt32(exactly: endOffset) {
      blocks.append(
        SegmentCheckpoint.Block(
          key: header.key, offset: offset, recordBytes: UInt32(header.recordBytes)))
    }
    endOffset += header.recordBytes
    advance()
  }

  private mutating func advance() {
    if endOffset <= fileBytes - RecordHeader.encodedBytes, endOffset <= Int(UInt32.max) {
      step = .header(offset: endOffset)
    } else {
      step = .finished
    }
  }
}
