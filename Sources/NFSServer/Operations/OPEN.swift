import NFSv4
import Synchronization

extension MetadataOperations {
  /// OPEN (RFC 8881 §18.16).
  ///
  /// The file is found or created, opened with the caller's rights, and entered into the state
  /// tables. Whoever opens for writing, denies others to read or truncates first has what others
  /// hold of the file taken back; only then is anything of it changed.
  func open(_ arguments: OPEN4args, _ context: inout Context) throws(Nfsstat4) -> OPEN4resok {
    let request = try OpenRequest(arguments)
    let mayDelegate = try admitOpen(arguments, context)
    let found = try find(request, arguments, context)
    let owner = StateOwner4(clientid: context.clientid, owner: arguments.owner.owner)
    let file = found.object.handle.detached()
    let opened = try openFile(found, request, owner: owner, context)
    let version = try tree.version(of: opened.file)
    saw(version.change, of: file)
    // Who will be refused disturbs nobody.
    try withState { state throws(Nfsstat4) in
      do throws(Nfsstat4) {
        try state.checkShares(file, owner: owner, access: request.access, deny: request.deny)
      } catch {
        guard case .previous = arguments.claim, error == .NFS4ERR_SHARE_DENIED else { throw error }
        throw .NFS4ERR_RECLAIM_CONFLICT
      }
    }
    let changed = try beginOpening(found, request, &context)
    defer { endChange(of: changed) }
    let grant = try enter(
      found, opened, request, owner: owner, version: version, arguments, mayDelegate: mayDelegate,
      context)
    var attrset = found.attributesSet
    if found.isTruncated {
      try truncate(found.object, opened, grant, context)
      attrset.insert(bit: FATTR4.SIZE)
    }
    counters.opens.add(1, ordering: .relaxed)
    context.set(found.object)
    context.currentStateid = grant.stateid
    return OPEN4resok(
      stateid: grant.stateid, cinfo: found.directoryChange,
      rflags: OPEN4.RESULT_LOCKTYPE_POSIX | OPEN4.RESULT_MAY_NOTIFY_LOCK, attrset: attrset,
      delegation: grant.delegation)
  }

  // MARK: Finding or creating the file

  /// The file that is claimed.
  private struct Found {
    let object: Tree.Object
    /// A new file, open.
    var file: Tree.OpenFile?
    var attributesSet = Bitmap4()
    var directoryChange = ChangeInfo4(atomic: false, before: 0, after: 0)
    /// It was there, and is to be empty.
    var isTruncated = false
    /// The owner of the file may open it whatever its mode says: he could before.
    var isOwnerTrusted = false
  }

  private func find(
    _ request: OpenRequest, _ arguments: OPEN4args, _ context: Context
  ) throws(Nfsstat4) -> Found {
    let current = try context.object()
    switch arguments.claim {
    case .null(let name):
      guard current.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
      if let creation = request.creation {
        return try create(name, in: current, creation, request, context)
      }
      let object = try tree.lookup(name, in: current, for: context.caller)
      return Found(object: try openable(object))
    case .delegateCur(let claim):
      guard current.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
      let object = try tree.lookup(claim.file, in: current, for: context.caller)
      try checkDelegation(claim.delegateStateid, on: object, context)
      return Found(object: try openable(object), isOwnerTrusted: true)
    case .fh:
      return Found(object: try openable(current))
    case .previous:
      return Found(object: try openable(current), isOwnerTrusted: true)
    case .delegCurFh(let stateid):
      let object = try openable(current)
      try checkDelegation(stateid, on: object, context)
      return Found(object: object, isOwnerTrusted: true)
    case .delegatePrev, .delegPrevFh:
      // What a client held before its own restart is not kept for it (RFC 8881 §10.2.1).
      throw .NFS4ERR_NO_GRACE
    }
  }

  private func create(
    _ name: Component4, in directory: Tree.Object, _ creation: Creation, _ request: OpenRequest,
    _ context: Context
  ) throws(Nfsstat4) -> Found {
    let attributes = try settable(creation.attributes, on: directory)
    guard attributes.mode == nil || attributes.modeUmask == nil else { throw .NFS4ERR_INVAL }
    if case .exclusive = creation.mode {
      let allowed = try tree.exclusiveCreateAttributes(of: directory)
      guard creation.attributes.attrmask.isSubset(of: allowed) else { throw .NFS4ERR_INVAL }
    }
    let made = try tree.create(
      name, in: directory, creation.mode, attributes: attributes,
      access: FileAccess(rawValue: request.access), for: context.caller)
    var found = Found(object: made.object, file: made.file)
    found.attributesSet = made.attributesSet
    found.directoryChange = made.directoryChange
    guard made.file == nil else { return found }
    _ = try openable(made.object)
    switch creation.mode {
    // Of the attributes, only a size of 0 means something for a file that is there.
    case .unchecked: found.isTruncated = attributes.size == 0
    case .exclusive: found.isOwnerTrusted = true
    case .guarded: throw .NFS4ERR_EXIST
    }
    return found
  }

  private func openable(_ object: Tree.Object) throws(Nfsstat4) -> Tree.Object {
    try requireRegular(object)
    return object
  }

  private func checkDelegation(
    _ stateid: Stateid4, on object: Tree.Object, _ context: Context
  ) throws(Nfsstat4) {
    let file = object.handle.detached()
    let resolved = try context.resolve(stateid)
    _ = try withState { state throws(Nfsstat4) in
      try state.delegation(resolved, clientid: context.clientid, file: file)
    }
  }

  // MARK: Opening it

  /// The file, open for `covers`.
  private struct Opened {
    let file: Tree.OpenFile
    let covers: UInt32
  }

  /// Opens the file with the caller's rights, together with what its owner has it open for.
  private func openFile(
    _ found: Found, _ request: OpenRequest, owner: StateOwner4, _ context: Context
  ) throws(Nfsstat4) -> Opened {
    let (object, caller) = (found.object, context.caller)
    if let file = found.file { return Opened(file: file, covers: request.access) }
    if let held = withState({ $0.existingOpen(object.handle, owner: owner) }) {
      let added = request.access & ~held.access
      if added != 0, held.opener == caller.principal {
        let file = try tree.upgrade(
          held.openFile, adding: FileAccess(rawValue: added), for: caller)
        return Opened(file: file, covers: held.access | added)
      }
      if added != 0 {
        // Another user of the same owner: his own rights count for all of it.
        let both = held.access | added
        let file = try tree.open(
          object, access: FileAccess(rawValue: both), ownerOverride: found.isOwnerTrusted,
          for: caller)
        return Opened(file: file, covers: both)
      }
    }
    let file = try tree.open(
      object, access: FileAccess(rawValue: request.access),
      ownerOverride: found.isOwnerTrusted, for: caller)
    return Opened(file: file, covers: request.access)
  }

  /// Takes back what others hold of the file, if this open is in its way.
  private func beginOpening(
    _ found: Found, _ request: OpenRequest, _ context: inout Context
  ) throws(Nfsstat4) -> [NfsFh4] {
    guard request.excludesReaders || found.isTruncated else {
      try recallWriter(of: found.object, &context)
      return []
    }
    return try beginChange(of: [found.object], isAdmitted: true, &context)
  }

  /// What the state tables gave.
  private struct OpenGrant: Sendable {
    let stateid: Stateid4
    let delegation: OpenDelegation4
    /// The owner's open before.
    let former: OpenState<Tree.OpenFile>?
  }

  private func enter(
    _ found: Found, _ opened: Opened, _ request: OpenRequest, owner: StateOwner4,
    version: ContentVersion, _ arguments: OPEN4args, mayDelegate: Bool, _ context: Context
  ) throws(Nfsstat4) -> OpenGrant {
    let file = found.object.handle.detached()
    let clientid = context.clientid
    let hasBackchannel = sessions.withTable { $0.hasBackchannel(clientid) }
    return try withState { state throws(Nfsstat4) -> OpenGrant in
      let former = state.existingOpen(file, owner: owner)
      let stateid = try state.open(
        file, owner: owner, access: request.access, deny: request.deny, openFile: opened.file,
        covers: opened.covers, opener: context.caller.principal)
      if case .previous(let claimed) = arguments.claim {
        let delegation = try reclaimDelegation(
          claimed, with: stateid, former: former, on: file, version: version, clientid: clientid,
          hasBackchannel: hasBackchannel, &state)
        return OpenGrant(stateid: stateid, delegation: delegation, former: former)
      }
      var wish = DelegationWish(arguments.shareAccess, isRequired: false)
      wish.mayHave = request.mayHaveDelegation && hasBackchannel && mayDelegate
      wish.isWriter = request.access & OPEN4.SHARE_ACCESS_WRITE != 0
      wish.isUnaskedWriter = policy.delegatesWritingUnasked
      let delegation = wish.granted(on: file, version: version, to: clientid, &state)
      return OpenGrant(stateid: stateid, delegation: delegation, former: former)
    }
  }

  /// Nobody holds anything of the file but this open.
  private func truncate(
    _ object: Tree.Object, _ opened: Opened, _ grant: OpenGrant, _ context: Context
  ) throws(Nfsstat4) {
    var size = FileAttributes()
    size.size = 0
    let isWriter = opened.covers & OPEN4.SHARE_ACCESS_WRITE != 0
    let change = tree.setAttributes(
      size, of: object, through: isWriter ? opened.file : nil, for: context.caller)
    guard change.status != .NFS4_OK else { return }
    withState { $0.undoOpen(grant.stateid, former: grant.former) }
    throw change.status
  }
}

/// What creating a file takes.
private struct Creation {
  let mode: CreateMode
  let attributes: Fattr4
}

/// An OPEN's arguments, checked as far as they can be without looking at anything.
private struct OpenRequest {
  let access: UInt32
  let deny: UInt32
  let creation: Creation?
  let mayHaveDelegation: Bool

  /// - Throws: NFS4ERR_INVAL.
  init(_ arguments: OPEN4args) throws(Nfsstat4) {
    access = arguments.shareAccess & OPEN4.SHARE_ACCESS_BOTH
    deny = arguments.shareDeny
    let known =
      OPEN4.SHARE_ACCESS_BOTH | OPEN4.SHARE_ACCESS_WANT_DELEG_MASK
      | OPEN4.SHARE_ACCESS_WANT_SIGNAL_DELEG_WHEN_RESRC_AVAIL
      | OPEN4.SHARE_ACCESS_WANT_PUSH_DELEG_WHEN_UNCONTENDED
    let want = arguments.shareAccess & OPEN4.SHARE_ACCESS_WANT_DELEG_MASK
    guard access != 0, deny <= OPEN4.SHARE_DENY_BOTH, arguments.shareAccess & ~known == 0,
      want <= OPEN4.SHARE_ACCESS_WANT_CANCEL
    else { throw .NFS4ERR_INVAL }
    switch arguments.openhow {
    case .nocreate: creation = nil
    case .create(let how):
      switch how {
      case .unchecked(let attributes):
        creation = Creation(mode: .unchecked, attributes: attributes)
      case .guarded(let attributes): creation = Creation(mode: .guarded, attributes: attributes)
      case .exclusive(let verifier):
        creation = Creation(mode: .exclusive(verifier), attributes: Fattr4())
      case .exclusive41(let how):
        creation = Creation(mode: .exclusive(how.verf), attributes: how.attrs)
      }
    }
    switch arguments.claim {
    case .null: mayHaveDelegation = true
    case .fh: mayHaveDelegation = true
    default: mayHaveDelegation = false
    }
    // Only a name can be created.
    if creation != nil {
      guard case .null = arguments.claim else { throw .NFS4ERR_INVAL }
    }
  }

  /// Whether the open keeps data servers from serving the file, and clients from what they cached.
  var excludesReaders: Bool {
    access & OPEN4.SHARE_ACCESS_WRITE != 0 || deny & OPEN4.SHARE_DENY_READ != 0
  }
}
