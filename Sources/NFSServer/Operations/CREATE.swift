import NFSv4

extension MetadataOperations {
  /// CREATE (RFC 8881 §18.4): directories, symbolic links and special files. What was made becomes
  /// the current filehandle.
  func create(
    _ arguments: CREATE4args, _ context: inout Context
  ) throws(Nfsstat4) -> CREATE4resok {
    let directory = try context.object()
    guard directory.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    switch arguments.objtype {
    // Regular files are made by OPEN, named attributes are not supported.
    case .reg, .attrdir, .namedattr: throw .NFS4ERR_BADTYPE
    case .lnk(let text):
      guard !text.isEmpty else { throw .NFS4ERR_INVAL }
      guard !text.contains(0) else { throw .NFS4ERR_BADCHAR }
    default: break
    }
    let attributes = try settable(arguments.createattrs, on: directory)
    guard attributes.size == nil else { throw .NFS4ERR_INVAL }
    let made = try tree.makeNode(
      arguments.objtype, named: arguments.objname, in: directory, attributes: attributes,
      for: context.caller)
    context.set(made.object)
    return CREATE4resok(cinfo: made.directoryChange, attrset: made.attributesSet)
  }
}
