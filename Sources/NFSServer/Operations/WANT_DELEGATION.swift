import NFSv4

extension MetadataOperations {
  /// WANT_DELEGATION (RFC 8881 §18.49): a delegation without an OPEN. What cannot be given now is
  /// not given later either.
  func wantDelegation(
    _ arguments: WANT_DELEGATION4args, _ context: Context
  ) throws(Nfsstat4) -> OpenDelegation4 {
    let object = try context.object()
    switch arguments.claim {
    case .fh: break
    // Delegations do not outlive the server.
    case .previous, .delegPrevFh: throw .NFS4ERR_NO_GRACE
    }
    let want = arguments.want & OPEN4.SHARE_ACCESS_WANT_DELEG_MASK
    let when =
      OPEN4.SHARE_ACCESS_WANT_SIGNAL_DELEG_WHEN_RESRC_AVAIL
      | OPEN4.SHARE_ACCESS_WANT_PUSH_DELEG_WHEN_UNCONTENDED
    guard want != OPEN4.SHARE_ACCESS_WANT_NO_PREFERENCE,
      want <= OPEN4.SHARE_ACCESS_WANT_CANCEL,
      arguments.want & ~(OPEN4.SHARE_ACCESS_WANT_DELEG_MASK | when) == 0
    else { throw .NFS4ERR_INVAL }
    switch object.type {
    case .NF4REG: break
    case .NF4DIR: return .noneExt(.isDir)
    default: return .noneExt(.notSuppFtype)
    }
    let isWriting = want == OPEN4.SHARE_ACCESS_WANT_WRITE_DELEG
    guard try admitDelegation(isWriting: isWriting, context) else {
      return .noneExt(.resource(serverWillSignalAvail: false))
    }
    let openFile = try tree.open(
      object, access: isWriting ? .write : .read, ownerOverride: false, for: context.caller)
    let version = try tree.version(of: openFile)
    let file = object.handle.detached()
    saw(version.change, of: file)
    let clientid = context.clientid
    var wish = DelegationWish(arguments.want, isRequired: true)
    wish.mayHave = sessions.withTable { $0.hasBackchannel(clientid) }
    wish.isWriter = isWriting
    let wanted = wish
    return withState { wanted.granted(on: file, version: version, to: clientid, &$0) }
  }
}
