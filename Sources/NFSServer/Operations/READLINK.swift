import NFSv4

extension MetadataOperations {
  /// READLINK (RFC 8881 §18.24).
  func readlink(_ context: Context) throws(Nfsstat4) -> READLINK4resok {
    let object = try context.object()
    guard object.type == .NF4LNK else { throw .NFS4ERR_WRONG_TYPE }
    return READLINK4resok(link: try tree.readLink(object, for: context.caller))
  }
}
