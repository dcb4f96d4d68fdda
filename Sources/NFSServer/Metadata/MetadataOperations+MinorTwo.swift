import NFSv4
import XDR

extension MetadataOperations {
  /// What came with minor version 2 (RFC 7862) and extended attributes (RFC 8276).
  /// - Returns: whether the operation was one of them.
  func performMinorTwo(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) -> Bool {
    switch opnum {
    case .OP_READ_PLUS:
      try run.runEncoding(READ_PLUS.self, &encoder) { a, e throws(Nfsstat4) in
        try readPlus(a, &context, &e)
      }
    case .OP_SEEK:
      try run.run(SEEK.self, &encoder) { a throws(Nfsstat4) in try seek(a, &context) }
    case .OP_ALLOCATE:
      try run.run(ALLOCATE.self, &encoder) { a throws(Nfsstat4) in try allocate(a, &context) }
    case .OP_DEALLOCATE:
      try run.run(DEALLOCATE.self, &encoder) { a throws(Nfsstat4) in try deallocate(a, &context) }
    case .OP_COPY:
      try run.run(COPY.self, &encoder) { a throws(Nfsstat4) in try copy(a, &context) }
    case .OP_CLONE:
      try run.run(CLONE.self, &encoder) { a throws(Nfsstat4) in try clone(a, &context) }
    case .OP_OFFLOAD_STATUS:
      try run.run(OFFLOAD_STATUS.self, &encoder) { a throws(Nfsstat4) in
        try offloadStatus(a, context)
      }
    case .OP_OFFLOAD_CANCEL:
      try run.run(OFFLOAD_CANCEL.self, &encoder) { a throws(Nfsstat4) in
        try offloadCancel(a, context)
      }
    case .OP_IO_ADVISE:
      try run.run(IO_ADVISE.self, &encoder) { a throws(Nfsstat4) in try ioAdvise(a, context) }
    case .OP_LAYOUTSTATS:
      try run.run(LAYOUTSTATS.self, &encoder) { a throws(Nfsstat4) in
        try layoutstats(a, context)
      }
    case .OP_LAYOUTERROR:
      try run.run(LAYOUTERROR.self, &encoder) { a throws(Nfsstat4) in
        try layouterror(a, context)
      }
    default:
      return try performExtendedAttribute(opnum, &run, &context, &encoder)
    }
    return true
  }

  private func performExtendedAttribute(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) -> Bool {
    switch opnum {
    case .OP_GETXATTR:
      try run.run(GETXATTR.self, &encoder) { a throws(Nfsstat4) in try getxattr(a, context) }
    case .OP_SETXATTR:
      try run.run(SETXATTR.self, &encoder) { a throws(Nfsstat4) in try setxattr(a, &context) }
    case .OP_LISTXATTRS:
      let room = ticketRoom(context, encoder)
      try run.run(LISTXATTRS.self, &encoder) { a throws(Nfsstat4) in
        try listxattrs(a, context, replyLimitBytes: room)
      }
    case .OP_REMOVEXATTR:
      try run.run(REMOVEXATTR.self, &encoder) { a throws(Nfsstat4) in
        try removexattr(a, &context)
      }
    default:
      return false
    }
    return true
  }
}
