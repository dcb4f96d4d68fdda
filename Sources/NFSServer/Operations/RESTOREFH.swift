import NFSv4

extension MetadataOperations {
  /// RESTOREFH (RFC 8881 §18.27).
  func restorefh(_ context: inout Context) throws(Nfsstat4) -> Void4 {
    guard let saved = context.saved else { throw .NFS4ERR_NOFILEHANDLE }
    context.current = saved
    context.currentStateid = context.savedStateid
    return Void4()
  }
}
