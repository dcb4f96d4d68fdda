import NFSv4

extension MetadataOperations {
  /// LOOKUP (RFC 8881 §18.13).
  func lookup(_ arguments: LOOKUP4args, _ context: inout Context) throws(Nfsstat4) -> Void4 {
    let directory = try context.object()
    context.set(try tree.lookup(arguments.objname, in: directory, for: context.caller))
    return Void4()
  }
}
