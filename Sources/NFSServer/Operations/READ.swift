import NFSv4
import XDR

extension MetadataOperations {
  /// READ (RFC 8881 §18.22).
  ///
  /// The caller's right to read is checked with every READ, whatever its stateid: an open by one
  /// user is no licence for another one on the same client.
  func read(
    _ arguments: READ4args, _ context: inout Context, _ encoder: inout XDREncoder
  ) throws(Nfsstat4) {
    let object = try context.object()
    try requireRegular(object)
    let stateid = try context.resolve(arguments.stateid)
    if stateid == .anonymous || stateid == .readBypass { try admitUnopenedRead() }
    let (file, isSpecial) = try usable(object, stateid, .read, context)
    if isSpecial { try recallWriter(of: object, &context) }
    let size = try tree.version(of: file).size
    let roomBytes = max(0, context.ticket.maxResponseBytes - encoder.byteCount - 128)
    let count = min(Int(min(arguments.count, policy.maxReadBytes)), roomBytes)
    let eofIndex = encoder.reserveUInt32()
    guard arguments.offset < size, count > 0 else {
      encoder.setUInt32(arguments.offset >= size ? 1 : 0, at: eofIndex)
      encoder.count(0)
      return
    }
    let wanted = Int(min(UInt64(count), size - arguments.offset))
    let read = try encoder.opaque(limit: wanted) { room throws(Nfsstat4) in
      try tree.read(file, at: arguments.offset, into: room)
    }
    // A short read: the file shrank meanwhile, or the rest cannot be read. Only the first is an
    // end; for the second the client asks again and gets the error.
    let end = read < wanted ? try tree.version(of: file).size : size
    let isAtEnd = arguments.offset + UInt64(read) >= end
    encoder.setUInt32(isAtEnd ? 1 : 0, at: eofIndex)
    counters.reads.add(1, ordering: .relaxed)
    counters.readBytes.add(UInt64(read), ordering: .relaxed)
  }
}
