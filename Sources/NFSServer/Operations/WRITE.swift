import NFSv4
import Synchronization

extension MetadataOperations {
  /// WRITE (RFC 8881 §18.32).
  ///
  /// With a stateid of an open for writing nobody else holds anything of the file; with a special
  /// one that is made so first. Byte-range locks are advisory: they keep nobody from writing.
  func write(
    _ arguments: WRITE4args, _ context: inout Context
  ) throws(Nfsstat4) -> WRITE4resok {
    let object = try context.object()
    try requireRegular(object)
    guard UInt64(arguments.data.readableBytes) <= .max - arguments.offset else {
      throw .NFS4ERR_INVAL
    }
    let stateid = try context.resolve(arguments.stateid)
    let (file, isSpecial) = try usable(object, stateid, .write, context)
    let changed = isSpecial ? try beginChange(of: [object], &context) : []
    defer { endChange(of: changed) }
    // As it was before: if data is lost meanwhile, the client sends it again.
    let verifier = writeVerifier.load(ordering: .acquiring)
    guard arguments.data.readableBytes > 0 else {
      return WRITE4resok(count: 0, committed: .FILE_SYNC4, writeverf: verifier)
    }
    let written = try arguments.data.withUnsafeReadableBytes { bytes throws(Nfsstat4) in
      try tree.write(file, at: arguments.offset, bytes, stability: arguments.stable)
    }
    counters.wrote(written.count)
    return WRITE4resok(
      count: UInt32(truncatingIfNeeded: written.count), committed: written.committed,
      writeverf: verifier)
  }
}
