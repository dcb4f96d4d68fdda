import NFSv4

extension MetadataOperations {
  /// DEALLOCATE (RFC 7862 §15.4).
  func deallocate(
    _ arguments: DEALLOCATE4args, _ context: inout Context
  ) throws(Nfsstat4) -> Void4 {
    try changeSpace(
      arguments.stateid, offset: arguments.offset, length: arguments.length, &context
    ) { file throws(Nfsstat4) in
      try tree.deallocate(file, at: arguments.offset, count: arguments.length)
    }
  }
}
