import NFSv4
import XDR

extension MetadataOperations {
  /// READ_PLUS (RFC 7862 §15.10): READ that says where the holes are instead of sending them.
  ///
  /// Data and holes take turns. A reply ends early where they do so too often, and the client asks
  /// for the rest.
  func readPlus(
    _ arguments: READ_PLUS4args, _ context: inout Context, _ encoder: inout XDREncoder
  ) throws(Nfsstat4) {
    let object = try context.object()
    try requireRegular(object)
    let stateid = try context.resolve(arguments.stateid)
    let (file, isSpecial) = try usable(object, stateid, .read, context)
    if isSpecial { try recallWriter(of: object, &context) }
    let size = try tree.version(of: file).size
    let roomBytes = context.ticket.maxResponseBytes - encoder.byteCount - 128
    let left = arguments.offset < size ? size - arguments.offset : 0
    let count = min(UInt64(min(arguments.count, policy.maxReadBytes)), left)
    let eofIndex = encoder.reserveUInt32()
    let countIndex = encoder.reserveUInt32()
    var segments = Segments(
      position: arguments.offset, end: arguments.offset + count, roomBytes: roomBytes)
    while try appendSegment(of: file, size: size, &segments, &encoder) {}
    encoder.setUInt32(segments.position >= size ? 1 : 0, at: eofIndex)
    encoder.setUInt32(segments.count, at: countIndex)
    counters.reads.add(1, ordering: .relaxed)
    counters.readBytes.add(segments.dataBytes, ordering: .relaxed)
  }

  /// How far a reply is.
  private struct Segments {
    /// Segments of one reply: each takes a look at the file system's map of the file.
    static var countLimit: UInt32 { 64 }
    /// What a segment has besides its data.
    static var headerBytes: Int { 20 }

    var position: UInt64
    let end: UInt64
    var roomBytes: Int
    var count: UInt32 = 0
    var dataBytes: UInt64 = 0
  }

  /// - Returns: whether more may follow.
  private func appendSegment(
    of file: Tree.OpenFile, size: UInt64, _ segments: inout Segments, _ encoder: inout XDREncoder
  ) throws(Nfsstat4) -> Bool {
    guard segments.position < segments.end, segments.count < Segments.countLimit,
      segments.roomBytes > Segments.headerBytes
    else { return false }
    segments.roomBytes -= Segments.headerBytes
    let start = segments.position
    let data = try next(.NFS4_CONTENT_DATA, of: file, from: start, before: segments.end)
    if data > start {
      DataContent4.NFS4_CONTENT_HOLE.encode(to: &encoder)
      DataInfo4(offset: start, length: data - start).encode(to: &encoder)
      segments.position = data
      segments.count += 1
      return true
    }
    let hole = try next(.NFS4_CONTENT_HOLE, of: file, from: start, before: segments.end)
    let wanted = min(Int(clamping: hole - start), segments.roomBytes)
    guard wanted > 0 else { return false }
    let before = encoder.checkpoint
    DataContent4.NFS4_CONTENT_DATA.encode(to: &encoder)
    encoder.uint64(start)
    let read = try encoder.opaque(limit: wanted) { room throws(Nfsstat4) in
      try tree.read(file, at: start, into: room)
    }
    // The file shrank meanwhile.
    guard read > 0 else {
      encoder.roll(back: before)
      return false
    }
    segments.position += UInt64(read)
    segments.count += 1
    segments.dataBytes += UInt64(read)
    segments.roomBytes -= (read + 3) / 4 * 4
    return read == wanted
  }

  /// Where data or a hole begins, at `end` at the latest.
  private func next(
    _ what: DataContent4, of file: Tree.OpenFile, from start: UInt64, before end: UInt64
  ) throws(Nfsstat4) -> UInt64 {
    do throws(Nfsstat4) {
      return max(start, min(end, try tree.seek(file, from: start, to: what).offset))
    } catch {
      // The file shrank meanwhile: what is read next tells.
      guard error == .NFS4ERR_NXIO else { throw error }
      return what == .NFS4_CONTENT_DATA ? start : end
    }
  }
}
