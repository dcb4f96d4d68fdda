import NFSv4
import XDR

extension MetadataOperations {
  /// Byte-range locks.
  /// - Returns: whether the operation was one of them.
  func performLock(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) -> Bool {
    var denied: LOCK4denied?
    do throws(OperationFailure) {
      switch opnum {
      case .OP_LOCK:
        try run.run(LOCK.self, &encoder) { a throws(Nfsstat4) in
          try lock(a, &context, denied: &denied)
        }
      case .OP_LOCKT:
        try run.run(LOCKT.self, &encoder) { a throws(Nfsstat4) in
          try lockt(a, context, denied: &denied)
        }
      case .OP_LOCKU:
        try run.run(LOCKU.self, &encoder) { a throws(Nfsstat4) in try locku(a, &context) }
      default:
        return false
      }
    } catch {
      guard error.status == .NFS4ERR_DENIED, let denied else { throw error }
      var refusal = XDREncoder()
      denied.encode(to: &refusal)
      throw OperationFailure(.NFS4ERR_DENIED, refusal: refusal.finishContiguous())
    }
    return true
  }

  /// What a lock that is not of the tables says of its holder: a process of this host.
  func denied(by conflict: RangeConflict) -> LOCK4denied {
    let process = conflict.processID.map { "process \($0)" } ?? "process"
    return LOCK4denied(
      offset: conflict.range.offset, length: conflict.range.count,
      locktype: conflict.isExclusive ? .WRITE_LT : .READ_LT,
      owner: StateOwner4(clientid: 0, owner: Array(process.utf8)))
  }
}
