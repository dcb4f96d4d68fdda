import NFSv4

extension MetadataOperations {
  /// OPEN for reading (RFC 8881 §18.16). Exports are read-only: whatever would write or create
  /// gets NFS4ERR_ROFS.
  func open(_ arguments: OPEN4args, _ context: inout Context) throws(Nfsstat4) -> OPEN4resok {
    let wants = arguments.shareAccess & ~OPEN4.SHARE_ACCESS_BOTH
    let access = arguments.shareAccess & OPEN4.SHARE_ACCESS_BOTH
    guard access != 0, arguments.shareDeny <= OPEN4.SHARE_DENY_BOTH else { throw .NFS4ERR_INVAL }
    let claimed = try claimedObject(arguments, context)
    guard access & OPEN4.SHARE_ACCESS_WRITE == 0 else { throw .NFS4ERR_ROFS }
    let openFile = try tree.open(claimed, for: context.caller)
    let version = try tree.version(of: openFile)
    let clientid = context.clientid
    let owner = StateOwner4(clientid: clientid, owner: arguments.owner.owner)
    let file = claimed.handle.detached()
    let hasBackchannel = sessions.withTable { $0.hasBackchannel(clientid) }
    saw(version.change, of: file)
    let (stateid, delegation) = try withState {
      state throws(Nfsstat4) -> (Stateid4, OpenDelegation4) in
      let stateid = try state.open(
        file, owner: owner, access: access, deny: arguments.shareDeny, openFile: openFile)
      let delegation = Self.delegation(
        on: file, version: version, wants: wants, hasBackchannel: hasBackchannel,
        clientid: clientid, claim: arguments.claim, &state)
      return (stateid, delegation)
    }
    counters.opens.add(1, ordering: .relaxed)
    context.set(claimed)
    context.currentStateid = stateid
    return OPEN4resok(
      stateid: stateid,
      cinfo: ChangeInfo4(atomic: false, before: 0, after: 0),
      rflags: OPEN4.RESULT_LOCKTYPE_POSIX, attrset: Bitmap4(), delegation: delegation)
  }

  /// The file that is claimed, with the checks of the claim and of creation.
  private func claimedObject(
    _ arguments: OPEN4args, _ context: Context
  ) throws(Nfsstat4) -> Tree.Object {
    let current = try context.object()
    switch arguments.claim {
    case .null(let name):
      return try named(name, in: current, arguments, context)
    case .delegateCur(let claim):
      let object = try named(claim.file, in: current, arguments, context)
      try checkDelegation(claim.delegateStateid, on: object, context)
      return object
    case .fh:
      guard case .nocreate = arguments.openhow else { throw .NFS4ERR_INVAL }
      return try regular(current)
    case .delegCurFh(let stateid):
      guard case .nocreate = arguments.openhow else { throw .NFS4ERR_INVAL }
      let object = try regular(current)
      try checkDelegation(stateid, on: object, context)
      return object
    case .previous, .delegatePrev, .delegPrevFh:
      // Nothing is kept over a restart, so nothing can be reclaimed.
      throw .NFS4ERR_NO_GRACE
    }
  }

  private func named(
    _ name: Component4, in directory: Tree.Object, _ arguments: OPEN4args, _ context: Context
  ) throws(Nfsstat4) -> Tree.Object {
    guard directory.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    do throws(Nfsstat4) {
      let object = try tree.lookup(name, in: directory, for: context.caller)
      if case .create(let how) = arguments.openhow {
        switch how {
        case .unchecked(let attributes):
          // Sizes are truncated to, whatever the file is opened for.
          guard !attributes.attrmask.contains(bit: FATTR4.SIZE) else { throw .NFS4ERR_ROFS }
        case .guarded, .exclusive, .exclusive41: throw .NFS4ERR_EXIST
        }
      }
      return try regular(object)
    } catch {
      // What would be created cannot be.
      if error == .NFS4ERR_NOENT, case .create = arguments.openhow { throw .NFS4ERR_ROFS }
      throw error
    }
  }

  private func regular(_ object: Tree.Object) throws(Nfsstat4) -> Tree.Object {
    switch object.type {
    case .NF4REG: return object
    case .NF4DIR: throw .NFS4ERR_ISDIR
    case .NF4LNK: throw .NFS4ERR_SYMLINK
    default: throw .NFS4ERR_WRONG_TYPE
    }
  }

  private func checkDelegation(
    _ stateid: Stateid4, on object: Tree.Object, _ context: Context
  ) throws(Nfsstat4) {
    let file = object.handle.detached()
    _ = try withState { state throws(Nfsstat4) in
      try state.delegation(stateid, clientid: context.clientid, file: file)
    }
  }

  /// A read delegation for whoever can be asked to give it back, unless it is not wanted.
  private static func delegation(
    on file: NfsFh4, version: ContentVersion, wants: UInt32, hasBackchannel: Bool,
    clientid: Clientid4, claim: OpenClaim4, _ state: inout State
  ) -> OpenDelegation4 {
    let want = wants & OPEN4.SHARE_ACCESS_WANT_DELEG_MASK
    if want == OPEN4.SHARE_ACCESS_WANT_NO_DELEG { return .noneExt(.notWanted) }
    let mayExplain = want != OPEN4.SHARE_ACCESS_WANT_NO_PREFERENCE
    switch claim {
    case .delegateCur, .delegCurFh: return .none
    default: break
    }
    guard hasBackchannel, version.isSettled, !state.hasDelegation(file, clientid: clientid),
      let held = state.delegate(file, change: version.change, to: clientid)
    else {
      return mayExplain ? .noneExt(.resource(serverWillSignalAvail: false)) : .none
    }
    return .read(
      OpenReadDelegation4(
        stateid: held.stateid, recall: false,
        permissions: Nfsace4(
          type: ACE4.ACCESS_ALLOWED_ACE_TYPE, flag: 0, accessMask: 0, who: Array("EVERYONE@".utf8)))
    )
  }
}
