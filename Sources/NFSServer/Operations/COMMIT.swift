import NFSv4

extension MetadataOperations {
  /// COMMIT (RFC 8881 §18.3): nothing was written, so nothing is left to be made stable.
  func commit(_ arguments: COMMIT4args, _ context: Context) throws(Nfsstat4) -> COMMIT4resok {
    switch try context.object().type {
    case .NF4REG: return COMMIT4resok(writeverf: UInt64(sessions.identity.instance))
    case .NF4DIR: throw .NFS4ERR_ISDIR
    default: throw .NFS4ERR_WRONG_TYPE
    }
  }
}
