import NFSv4

extension MetadataOperations {
  /// SETATTR (RFC 8881 §18.30).
  ///
  /// The stateid matters where the size is set, which is like a WRITE; otherwise it is not looked
  /// at.
  /// - Parameter attrsset: what was set, whatever came of the rest.
  func setattr(
    _ arguments: SETATTR4args, _ context: inout Context, attrsset: inout Bitmap4
  ) throws(Nfsstat4) -> SETATTR4resok {
    let object = try context.object()
    let attributes = try settable(arguments.objAttributes, on: object)
    // The umask is for what is created (RFC 8275 §3).
    guard attributes.modeUmask == nil else { throw .NFS4ERR_INVAL }
    guard attributes.mode == nil || attributes.modeSetMasked == nil else { throw .NFS4ERR_INVAL }
    guard !arguments.objAttributes.attrmask.isEmpty else {
      return SETATTR4resok(attrsset: attrsset)
    }
    var file: Tree.OpenFile?
    if attributes.size != nil {
      file = try resizable(object, try context.resolve(arguments.stateid), context)
    }
    let changed = try beginChange(of: [object], &context)
    defer { endChange(of: changed) }
    let change = tree.setAttributes(attributes, of: object, through: file, for: context.caller)
    attrsset = change.set
    guard change.status == .NFS4_OK else { throw change.status }
    return SETATTR4resok(attrsset: attrsset)
  }

  /// The open file by whose right the size is set; nil: by that of the caller.
  private func resizable(
    _ object: Tree.Object, _ stateid: Stateid4, _ context: Context
  ) throws(Nfsstat4) -> Tree.OpenFile? {
    switch object.type {
    case .NF4REG: break
    case .NF4DIR: throw .NFS4ERR_ISDIR
    default: throw .NFS4ERR_INVAL
    }
    let (file, clientid) = (object.handle, context.clientid)
    let use = try withState { state throws(Nfsstat4) in
      try state.use(
        stateid, clientid: clientid, file: file, access: OPEN4.SHARE_ACCESS_WRITE)
    }
    if case .open(let openFile, let opener) = use, opener == context.caller.principal {
      return openFile
    }
    return nil
  }
}
