public import NFSv4

/// What a client does about callbacks (RFC 8881 §20). All functions are called on the
/// connection's event loop, in the order of the wire, and must not block: a callback that follows
/// a reply is handled after it.
public protocol CallbackHandler: Sendable {
  /// CB_LAYOUTRECALL: NFS4_OK if a LAYOUTRETURN will follow, NFS4ERR_NOMATCHING_LAYOUT if none
  /// will, NFS4ERR_DELAY to be asked again, NFS4ERR_BAD_STATEID or NFS4ERR_OLD_STATEID.
  func layoutRecalled(_ arguments: CB_LAYOUTRECALL4args) -> Nfsstat4
  /// CB_RECALL: NFS4_OK if a DELEGRETURN will follow, NFS4ERR_BADHANDLE or NFS4ERR_BAD_STATEID
  /// for one that is not held.
  func delegationRecalled(_ arguments: CB_RECALL4args) -> Nfsstat4
  /// CB_RECALL_ANY.
  func someRecalled(_ arguments: CB_RECALL_ANY4args)
  /// CB_NOTIFY_DEVICEID.
  func devicesChanged(_ arguments: CB_NOTIFY_DEVICEID4args)
}
