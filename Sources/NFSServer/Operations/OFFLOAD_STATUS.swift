import NFSv4

extension MetadataOperations {
  /// OFFLOAD_STATUS (RFC 7862 §15.9). No copy outlives its reply, so no stateid is one of a copy.
  func offloadStatus(
    _ arguments: OFFLOAD_STATUS4args, _ context: Context
  ) throws(Nfsstat4) -> OFFLOAD_STATUS4resok {
    _ = try context.object()
    throw .NFS4ERR_BAD_STATEID
  }
}
