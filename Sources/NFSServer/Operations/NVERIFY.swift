import NFSv4

extension MetadataOperations {
  /// NVERIFY (RFC 8881 §18.15): goes on if an attribute differs.
  func nverify(_ arguments: NVERIFY4args, _ context: Context) throws(Nfsstat4) -> Void4 {
    guard try !isSame(arguments.objAttributes, context) else { throw .NFS4ERR_SAME }
    return Void4()
  }
}
