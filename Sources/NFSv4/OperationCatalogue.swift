public import XDR

/// Every operation by its number, for what concerns all of them alike.
public enum OperationCatalogue {
  /// Reads and drops an operation's arguments: before an operation that the server does not
  /// support is refused with NFS4ERR_NOTSUPP, it has to be well formed, else it is NFS4ERR_BADXDR.
  public static func skipArguments(
    of operation: NfsOpnum4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    switch operation {
    case .OP_ACCESS: try skip(ACCESS.self, &decoder)
    case .OP_CLOSE: try skip(CLOSE.self, &decoder)
    case .OP_COMMIT: try skip(COMMIT.self, &decoder)
    case .OP_CREATE: try skip(CREATE.self, &decoder)
    case .OP_DELEGPURGE: try skip(DELEGPURGE.self, &decoder)
    case .OP_DELEGRETURN: try skip(DELEGRETURN.self, &decoder)
    case .OP_GETATTR: try skip(GETATTR.self, &decoder)
    case .OP_GETFH: try skip(GETFH.self, &decoder)
    case .OP_LINK: try skip(LINK.self, &decoder)
    case .OP_LOCK: try skip(LOCK.self, &decoder)
    case .OP_LOCKT: try skip(LOCKT.self, &decoder)
    case .OP_LOCKU: try skip(LOCKU.self, &decoder)
    case .OP_LOOKUP: try skip(LOOKUP.self, &decoder)
    case .OP_LOOKUPP: try skip(LOOKUPP.self, &decoder)
    case .OP_NVERIFY: try skip(NVERIFY.self, &decoder)
    case .OP_OPEN: try skip(OPEN.self, &decoder)
    case .OP_OPENATTR: try skip(OPENATTR.self, &decoder)
    case .OP_OPEN_CONFIRM: try skip(OPEN_CONFIRM.self, &decoder)
    case .OP_OPEN_DOWNGRADE: try skip(OPEN_DOWNGRADE.self, &decoder)
    case .OP_PUTFH: try skip(PUTFH.self, &decoder)
    case .OP_PUTPUBFH: try skip(PUTPUBFH.self, &decoder)
    case .OP_PUTROOTFH: try skip(PUTROOTFH.self, &decoder)
    case .OP_READ: try skip(READ.self, &decoder)
    case .OP_READDIR: try skip(READDIR.self, &decoder)
    case .OP_READLINK: try skip(READLINK.self, &decoder)
    case .OP_REMOVE: try skip(REMOVE.self, &decoder)
    case .OP_RENAME: try skip(RENAME.self, &decoder)
    case .OP_RENEW: try skip(RENEW.self, &decoder)
    case .OP_RESTOREFH: try skip(RESTOREFH.self, &decoder)
    case .OP_SAVEFH: try skip(SAVEFH.self, &decoder)
    case .OP_SECINFO: try skip(SECINFO.self, &decoder)
    case .OP_SETATTR: try skip(SETATTR.self, &decoder)
    case .OP_SETCLIENTID: try skip(SETCLIENTID.self, &decoder)
    case .OP_SETCLIENTID_CONFIRM: try skip(SETCLIENTID_CONFIRM.self, &decoder)
    case .OP_VERIFY: try skip(VERIFY.self, &decoder)
    case .OP_WRITE: try skip(WRITE.self, &decoder)
    case .OP_RELEASE_LOCKOWNER: try skip(RELEASE_LOCKOWNER.self, &decoder)
    case .OP_BACKCHANNEL_CTL: try skip(BACKCHANNEL_CTL.self, &decoder)
    case .OP_BIND_CONN_TO_SESSION: try skip(BIND_CONN_TO_SESSION.self, &decoder)
    case .OP_EXCHANGE_ID: try skip(EXCHANGE_ID.self, &decoder)
    case .OP_CREATE_SESSION: try skip(CREATE_SESSION.self, &decoder)
    case .OP_DESTROY_SESSION: try skip(DESTROY_SESSION.self, &decoder)
    case .OP_FREE_STATEID: try skip(FREE_STATEID.self, &decoder)
    case .OP_GET_DIR_DELEGATION: try skip(GET_DIR_DELEGATION.self, &decoder)
    case .OP_GETDEVICEINFO: try skip(GETDEVICEINFO.self, &decoder)
    case .OP_GETDEVICELIST: try skip(GETDEVICELIST.self, &decoder)
    case .OP_LAYOUTCOMMIT: try skip(LAYOUTCOMMIT.self, &decoder)
    case .OP_LAYOUTGET: try skip(LAYOUTGET.self, &decoder)
    case .OP_LAYOUTRETURN: try skip(LAYOUTRETURN.self, &decoder)
    case .OP_SECINFO_NO_NAME: try skip(SECINFO_NO_NAME.self, &decoder)
    case .OP_SEQUENCE: try skip(SEQUENCE.self, &decoder)
    case .OP_SET_SSV: try skip(SET_SSV.self, &decoder)
    case .OP_TEST_STATEID: try skip(TEST_STATEID.self, &decoder)
    case .OP_WANT_DELEGATION: try skip(WANT_DELEGATION.self, &decoder)
    case .OP_DESTROY_CLIENTID: try skip(DESTROY_CLIENTID.self, &decoder)
    case .OP_RECLAIM_COMPLETE: try skip(RECLAIM_COMPLETE.self, &decoder)
    case .OP_ALLOCATE: try skip(ALLOCATE.self, &decoder)
    case .OP_COPY: try skip(COPY.self, &decoder)
    case .OP_COPY_NOTIFY: try skip(COPY_NOTIFY.self, &decoder)
    case .OP_DEALLOCATE: try skip(DEALLOCATE.self, &decoder)
    case .OP_IO_ADVISE: try skip(IO_ADVISE.self, &decoder)
    case .OP_LAYOUTERROR: try skip(LAYOUTERROR.self, &decoder)
    case .OP_LAYOUTSTATS: try skip(LAYOUTSTATS.self, &decoder)
    case .OP_OFFLOAD_CANCEL: try skip(OFFLOAD_CANCEL.self, &decoder)
    case .OP_OFFLOAD_STATUS: try skip(OFFLOAD_STATUS.self, &decoder)
    case .OP_READ_PLUS: try skip(READ_PLUS.self, &decoder)
    case .OP_SEEK: try skip(SEEK.self, &decoder)
    case .OP_WRITE_SAME: try skip(WRITE_SAME.self, &decoder)
    case .OP_CLONE: try skip(CLONE.self, &decoder)
    case .OP_GETXATTR: try skip(GETXATTR.self, &decoder)
    case .OP_SETXATTR: try skip(SETXATTR.self, &decoder)
    case .OP_LISTXATTRS: try skip(LISTXATTRS.self, &decoder)
    case .OP_REMOVEXATTR: try skip(REMOVEXATTR.self, &decoder)
    case .OP_ILLEGAL: break
    case .OP_REGISTER_DS: try skip(REGISTER_DS.self, &decoder)
    case .OP_UNREGISTER_DS: try skip(UNREGISTER_DS.self, &decoder)
    case .OP_PROXY_OPEN: try skip(PROXY_OPEN.self, &decoder)
    }
  }

  private static func skip<Op: NfsOperation>(
    _ operation: Op.Type, _ decoder: inout XDRDecoder
  ) throws(XDRError) {
    _ = try Op.Arguments(from: &decoder)
  }
}
