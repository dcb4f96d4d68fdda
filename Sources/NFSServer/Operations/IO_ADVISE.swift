import NFSv4

extension MetadataOperations {
  /// IO_ADVISE (RFC 7862 §15.5). The kernel's own read-ahead sees what is read, so no hint is
  /// heeded, and the reply says so.
  func ioAdvise(
    _ arguments: IO_ADVISE4args, _ context: Context
  ) throws(Nfsstat4) -> IO_ADVISE4resok {
    let object = try context.object()
    try requireRegular(object)
    guard arguments.count <= .max - arguments.offset else { throw .NFS4ERR_INVAL }
    let stateid = try context.resolve(arguments.stateid)
    let (file, clientid) = (object.handle, context.clientid)
    try withState { state throws(Nfsstat4) in
      do throws(Nfsstat4) {
        _ = try state.use(
          stateid, clientid: clientid, file: file, access: OPEN4.SHARE_ACCESS_READ)
      } catch {
        // Advice is for what is open for writing too.
        guard error == .NFS4ERR_OPENMODE else { throw error }
      }
    }
    return IO_ADVISE4resok(hints: Bitmap4())
  }
}
