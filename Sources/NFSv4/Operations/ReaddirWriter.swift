public import XDR

/// Writes a `READDIR4resok` entry by entry within the limits of the request (RFC 8881 §18.23.3).
///
/// `maxcount` bounds the bytes of the whole `READDIR4resok`. `dircount` bounds those of the names
/// and cookies as they are encoded; it is a hint, so the first entry need not keep it, and zero is
/// no hint at all.
///
/// Nothing may be written with `opaqueSlices` to the encoder meanwhile.
public struct ReaddirWriter {
  /// How many entries were written.
  public private(set) var entryCount = 0

  private let start: Int
  private let startByteCount: Int
  private let maxcount: Int
  private let dircount: Int
  private var directoryBytes = 0
  private var isFull = false

  /// The end of the list and `eof`.
  private static let tailBytes = 8

  /// Writes the verifier.
  /// - Parameters:
  ///   - replyLimitBytes: bytes that the session leaves for the `READDIR4resok`.
  public init(
    cookieverf: Verifier4, dircount: UInt32, maxcount: UInt32, replyLimitBytes: Int = .max,
    to encoder: inout XDREncoder
  ) {
    start = encoder.mark
    startByteCount = encoder.byteCount
    self.maxcount = min(Int(maxcount), replyLimitBytes)
    self.dircount = dircount == 0 ? .max : Int(dircount)
    encoder.uint64(cookieverf)
    isFull = 8 + Self.tailBytes > self.maxcount
  }

  /// Writes one entry, with those of its attributes that are set and in `mask`.
  /// - Returns: false when it has no room any more: it was dropped, as are all after it.
  public mutating func append(
    cookie: UInt64, name: some Collection<UInt8>, attributes: FileAttributes, mask: Bitmap4,
    to encoder: inout XDREncoder
  ) -> Bool {
    guard !isFull else { return false }
    let mark = encoder.mark
    encoder.bool(true)
    let before = encoder.byteCount
    encoder.uint64(cookie)
    encoder.opaque(name)
    let nameBytes = encoder.byteCount - before
    if entryCount == 0 || nameBytes <= dircount - directoryBytes {
      attributes.encode(mask: mask, to: &encoder)
      if encoder.byteCount - startByteCount + Self.tailBytes <= maxcount {
        directoryBytes += min(nameBytes, dircount - directoryBytes)
        entryCount += 1
        return true
      }
    }
    encoder.truncate(to: mark)
    isFull = true
    return false
  }

  /// Ends the list.
  /// - Parameter eof: the directory has no more. Ignored when an entry was dropped.
  /// - Throws: NFS4ERR_TOOSMALL when there is an entry but no room for a single one. Nothing of
  ///   the result is left in the encoder then.
  public mutating func finish(eof: Bool, to encoder: inout XDREncoder) throws(Nfsstat4) {
    guard entryCount > 0 || !isFull else {
      encoder.truncate(to: start)
      throw .NFS4ERR_TOOSMALL
    }
    encoder.bool(false)
    encoder.bool(eof && !isFull)
  }
}
