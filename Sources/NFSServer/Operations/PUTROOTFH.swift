import NFSv4

extension MetadataOperations {
  /// PUTROOTFH and PUTPUBFH (RFC 8881 §18.21, §18.20): the pseudo root.
  func putrootfh(_ context: inout Context) throws(Nfsstat4) -> Void4 {
    context.set(try tree.root())
    return Void4()
  }
}
