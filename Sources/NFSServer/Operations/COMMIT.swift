import NFSv4
import Synchronization

extension MetadataOperations {
  /// COMMIT (RFC 8881 §18.3): all of the file, whatever range is asked for.
  func commit(_ arguments: COMMIT4args, _ context: Context) throws(Nfsstat4) -> COMMIT4resok {
    let object = try context.object()
    try requireRegular(object)
    guard UInt64(arguments.count) <= .max - arguments.offset else { throw .NFS4ERR_INVAL }
    let verifier = writeVerifier.load(ordering: .acquiring)
    do throws(Nfsstat4) {
      try tree.commit(object)
    } catch {
      // What was written may be lost, for all who wrote: they find another verifier.
      if error != .NFS4ERR_STALE { writeVerifier.add(1, ordering: .acquiringAndReleasing) }
      throw error
    }
    return COMMIT4resok(writeverf: verifier)
  }
}
