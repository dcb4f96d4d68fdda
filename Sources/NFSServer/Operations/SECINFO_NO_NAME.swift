import NFSv4

extension MetadataOperations {
  /// SECINFO_NO_NAME (RFC 8881 §18.45). Consumes the filehandle.
  func secinfoNoName(
    _ arguments: SECINFO_NO_NAME4args, _ context: inout Context
  ) throws(Nfsstat4) -> SECINFO4resok {
    let object = try context.object()
    if arguments.style == .SECINFO_STYLE4_PARENT {
      _ = try tree.parent(of: object, for: context.caller)
    }
    context.current = nil
    context.currentStateid = nil
    return flavors
  }
}
