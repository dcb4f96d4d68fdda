import NFSv4

extension MetadataOperations {
  /// LOOKUPP (RFC 8881 §18.14).
  func lookupp(_ context: inout Context) throws(Nfsstat4) -> Void4 {
    context.set(try tree.parent(of: try context.object(), for: context.caller))
    return Void4()
  }
}
