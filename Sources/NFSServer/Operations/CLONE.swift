import NFSv4

extension MetadataOperations {
  /// CLONE (RFC 7862 §15.13) from the saved filehandle to the current one, where the file system
  /// can: all of it or nothing.
  func clone(_ arguments: CLONE4args, _ context: inout Context) throws(Nfsstat4) -> Void4 {
    let pair = try copyPair(from: arguments.srcStateid, to: arguments.dstStateid, context)
    guard arguments.count <= .max - arguments.srcOffset,
      arguments.count <= .max - arguments.dstOffset
    else { throw .NFS4ERR_INVAL }
    let changed = try beginCopy(pair, &context)
    defer { endChange(of: changed) }
    try tree.clone(
      from: pair.source.file, at: arguments.srcOffset, to: pair.target.file,
      at: arguments.dstOffset, count: arguments.count)
    return Void4()
  }
}
