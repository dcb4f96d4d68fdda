import NFSv4

extension MetadataOperations {
  /// OFFLOAD_CANCEL (RFC 7862 §15.8). No copy outlives its reply, so no stateid is one of a copy.
  func offloadCancel(
    _ arguments: OFFLOAD_CANCEL4args, _ context: Context
  ) throws(Nfsstat4) -> Void4 {
    _ = try context.object()
    throw .NFS4ERR_BAD_STATEID
  }
}
