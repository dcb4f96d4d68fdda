import NFSv4

extension MetadataOperations {
  /// ACCESS (RFC 8881 §18.1), with the rights to extended attributes (RFC 8276 §8.5).
  func access(_ arguments: ACCESS4args, _ context: Context) throws(Nfsstat4) -> ACCESS4resok {
    let object = try context.object()
    let extended: Access4 = [.XAREAD, .XAWRITE, .XALIST]
    // LOOKUP and DELETE mean something for directories only, EXECUTE for what is none.
    let meaningful: Access4 =
      object.type == .NF4DIR
      ? [.READ, .LOOKUP, .MODIFY, .EXTEND, .DELETE] : [.READ, .MODIFY, .EXTEND, .EXECUTE]
    let supported = arguments.access.intersection(meaningful.union(extended))
    let granted = try tree.access(to: object, wanted: supported.rawValue, for: context.caller)
    return ACCESS4resok(
      supported: supported, access: supported.intersection(Access4(rawValue: granted)))
  }
}
