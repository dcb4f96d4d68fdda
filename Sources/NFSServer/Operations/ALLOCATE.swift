import NFSv4

extension MetadataOperations {
  /// ALLOCATE (RFC 7862 §15.1).
  func allocate(
    _ arguments: ALLOCATE4args, _ context: inout Context
  ) throws(Nfsstat4) -> Void4 {
    try changeSpace(
      arguments.stateid, offset: arguments.offset, length: arguments.length, &context
    ) { file throws(Nfsstat4) in
      try tree.allocate(file, at: arguments.offset, count: arguments.length)
    }
  }

  /// Changes where a file has space, by right of a stateid as with WRITE.
  func changeSpace(
    _ stateid: Stateid4, offset: UInt64, length: UInt64, _ context: inout Context,
    _ body: (Tree.OpenFile) throws(Nfsstat4) -> Void
  ) throws(Nfsstat4) -> Void4 {
    let object = try context.object()
    try requireRegular(object)
    guard length > 0, length <= .max - offset else { throw .NFS4ERR_INVAL }
    let (file, isSpecial) = try usable(object, try context.resolve(stateid), .write, context)
    let changed = isSpecial ? try beginChange(of: [object], &context) : []
    defer { endChange(of: changed) }
    try body(file)
    return Void4()
  }
}
