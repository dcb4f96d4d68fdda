import NFSv4

extension MetadataOperations {
  /// SAVEFH (RFC 8881 §18.28).
  func savefh(_ context: inout Context) throws(Nfsstat4) -> Void4 {
    context.saved = try context.object()
    context.savedStateid = context.currentStateid
    return Void4()
  }
}
