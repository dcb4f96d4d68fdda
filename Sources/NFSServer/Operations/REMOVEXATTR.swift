import NFSv4

extension MetadataOperations {
  /// REMOVEXATTR (RFC 8276 §8.4.4). See SETXATTR.
  func removexattr(
    _ arguments: REMOVEXATTR4args, _ context: inout Context
  ) throws(Nfsstat4) -> REMOVEXATTR4resok {
    let object = try context.object()
    let changed = try beginChange(of: [object], &context)
    defer { endChange(of: changed) }
    return REMOVEXATTR4resok(
      info: try tree.removeExtendedAttribute(arguments.name, of: object, for: context.caller))
  }
}
