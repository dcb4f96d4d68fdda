import NFSv4

extension MetadataOperations {
  /// PUTFH (RFC 8881 §18.19).
  func putfh(_ arguments: PUTFH4args, _ context: inout Context) throws(Nfsstat4) -> Void4 {
    context.set(try tree.object(arguments.object, for: context.caller))
    return Void4()
  }
}
