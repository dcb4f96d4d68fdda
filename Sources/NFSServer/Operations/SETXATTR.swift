import NFSv4

extension MetadataOperations {
  /// SETXATTR (RFC 8276 §8.4.2). A change of the file like one of its other attributes: whoever
  /// holds anything of it gives that up first.
  func setxattr(
    _ arguments: SETXATTR4args, _ context: inout Context
  ) throws(Nfsstat4) -> SETXATTR4resok {
    let object = try context.object()
    let changed = try beginChange(of: [object], &context)
    defer { endChange(of: changed) }
    let caller = context.caller
    let change = try arguments.value.withUnsafeReadableBytes { value throws(Nfsstat4) in
      try tree.setExtendedAttribute(
        arguments.key, to: value, arguments.option, of: object, for: caller)
    }
    return SETXATTR4resok(info: change)
  }
}
