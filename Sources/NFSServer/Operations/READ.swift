import NFSv4
import XDR

extension MetadataOperations {
  /// READ (RFC 8881 §18.22).
  ///
  /// The caller's right to read is checked with every READ, whatever its stateid: an open by one
  /// user is no licence for another one on the same client.
  func read(
    _ arguments: READ4args, _ context: Context, _ encoder: inout XDREncoder
  ) throws(Nfsstat4) {
    let object = try context.object()
    switch object.type {
    case .NF4REG: break
    case .NF4DIR: throw .NFS4ERR_ISDIR
    case .NF4LNK: throw .NFS4ERR_SYMLINK
    default: throw .NFS4ERR_WRONG_TYPE
    }
    let file = try readable(object, stateid: try context.resolve(arguments.stateid), context)
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

  private func readable(
    _ object: Tree.Object, stateid: Stateid4, _ context: Context
  ) throws(Nfsstat4) -> Tree.OpenFile {
    if stateid == .anonymous || stateid == .readBypass {
      return try tree.open(object, for: context.caller)
    }
    let file = object.handle
    let clientid = context.clientid
    let opened = try withState { state throws(Nfsstat4) -> Tree.OpenFile? in
      guard let open = try state.openOrDelegation(stateid, clientid: clientid, file: file)
      else { return nil }
      guard open.access & OPEN4.SHARE_ACCESS_READ != 0 else { throw .NFS4ERR_OPENMODE }
      return open.openFile
    }
    guard let opened else { return try tree.open(object, for: context.caller) }
    let granted = try tree.access(
      to: object, wanted: Access4.READ.rawValue | Access4.EXECUTE.rawValue, for: context.caller)
    guard granted != 0 else { throw .NFS4ERR_ACCESS }
    return opened
  }
}
