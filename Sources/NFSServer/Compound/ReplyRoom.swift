import NFSv4

/// How large a reply may get (RFC 8881 §2.10.6.4).
struct ReplyRoom: Sendable {
  /// `ca_maxresponsesize`.
  let limitBytes: Int
  /// `ca_maxresponsesize_cached`, if the reply is to be kept; nil if it is not.
  let keptLimitBytes: Int?

  /// - Throws: NFS4ERR_REP_TOO_BIG, NFS4ERR_REP_TOO_BIG_TO_CACHE.
  func check(_ replyBytes: Int) throws(OperationFailure) {
    guard replyBytes <= limitBytes else { throw OperationFailure(.NFS4ERR_REP_TOO_BIG) }
    if let keptLimitBytes, replyBytes > keptLimitBytes {
      throw OperationFailure(.NFS4ERR_REP_TOO_BIG_TO_CACHE)
    }
  }
}

extension NfsOpnum4 {
  /// Bytes that there must be room for before an operation runs: its number and status, and of one
  /// that changes something the largest results it can have. A client that is told that a reply is
  /// too big takes the operation for not done; the results of one that changed nothing can be
  /// dropped.
  var resultBytesBefore: Int {
    switch self {
    case .OP_OPEN: 8 + 16 + 20 + 4 + 16 + 96
    case .OP_LAYOUTGET: 8 + 248
    case .OP_CREATE: 8 + 20 + 16
    case .OP_RENAME, .OP_COPY: 8 + 40
    case .OP_SETATTR, .OP_LINK, .OP_REMOVE, .OP_WRITE, .OP_LOCK, .OP_LOCKU, .OP_CLOSE,
      .OP_OPEN_DOWNGRADE, .OP_LAYOUTRETURN, .OP_LAYOUTCOMMIT, .OP_SETXATTR, .OP_REMOVEXATTR:
      8 + 24
    default: 8
    }
  }
}
