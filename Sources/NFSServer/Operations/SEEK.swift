import NFSv4

extension MetadataOperations {
  /// SEEK (RFC 7862 §15.11).
  func seek(_ arguments: SEEK4args, _ context: inout Context) throws(Nfsstat4) -> SeekRes4 {
    let object = try context.object()
    try requireRegular(object)
    let stateid = try context.resolve(arguments.stateid)
    let (file, isSpecial) = try usable(object, stateid, .read, context)
    if isSpecial { try recallWriter(of: object, &context) }
    let found = try tree.seek(file, from: arguments.offset, to: arguments.what)
    return SeekRes4(eof: found.isEnd, offset: found.offset)
  }
}
