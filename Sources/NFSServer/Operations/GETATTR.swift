import NFSv4
import XDR

extension MetadataOperations {
  /// GETATTR (RFC 8881 §18.7).
  ///
  /// What another client may have changed without telling is asked of that client first (RFC 8881
  /// §10.4.3). READDIR, VERIFY and NVERIFY do without: they say what the file system says.
  func getattr(
    _ arguments: GETATTR4args, _ context: inout Context, _ encoder: inout XDREncoder
  ) throws(Nfsstat4) {
    let object = try context.object()
    guard arguments.attrRequest.intersection(FileAttributes.writeOnly).isEmpty else {
      throw .NFS4ERR_INVAL
    }
    let view = try viewOfWriter(of: object, mask: arguments.attrRequest, &context)
    var attributes = try tree.attributes(of: object, mask: arguments.attrRequest)
    if case .modified(let size, let changeOffset) = view {
      attributes.size = size
      attributes.change = attributes.change.map { $0 &+ changeOffset }
    }
    try addServerAttributes(of: object, mask: arguments.attrRequest, to: &attributes)
    attributes.encode(mask: arguments.attrRequest, to: &encoder)
  }

  private func viewOfWriter(
    of object: Tree.Object, mask: Bitmap4, _ context: inout Context
  ) throws(Nfsstat4) -> WriterView {
    guard object.type == .NF4REG, !mask.intersection(ServerAttributes.writers).isEmpty else {
      return .asStored
    }
    let (clientid, began, now) = (context.clientid, context.began, now())
    let file = object.handle
    guard !withState({ $0.isClear(file, forReading: clientid) }) else { return .asStored }
    let kept = file.detached()
    let view = withState {
      $0.viewOfWriter(kept, for: clientid, since: began, now: now)
    }
    guard case .wait(let directives) = view else { return view }
    issue(directives)
    context.awaited = kept
    throw .NFS4ERR_DELAY
  }

  /// Attributes that are the server's rather than the file system's.
  /// - Parameter object: what they are of, or its directory.
  func addServerAttributes(
    of object: Tree.Object, mask: Bitmap4, to attributes: inout FileAttributes
  ) throws(Nfsstat4) {
    if mask.contains(bit: FATTR4.SUPPORTED_ATTRS) {
      attributes.supportedAttrs = try supportedAttributes(of: object)
    }
    if mask.contains(bit: FATTR4.SUPPATTR_EXCLCREAT) {
      attributes.suppattrExclcreat = try tree.exclusiveCreateAttributes(of: object)
    }
    attributes.leaseTime = policy.leaseSeconds
    attributes.maxread = UInt64(policy.maxReadBytes)
    attributes.maxwrite = UInt64(policy.maxReadBytes)
    attributes.changeAttrType = .NFS4_CHANGE_TYPE_IS_TIME_METADATA
    if attributes.rdattrError == nil { attributes.rdattrError = .NFS4_OK }
    // One type only: a stock client offered both prefers flexible files. The attribute is there
    // without layouts too, as it is in the supported ones.
    guard mask.contains(bit: FATTR4.FS_LAYOUT_TYPES) else { return }
    attributes.fsLayoutTypes = policy.grantsLayouts ? [Layouttype4.NFSV4_1_FILES.rawValue] : []
  }

  /// What GETATTR and SETATTR may name for an object.
  func supportedAttributes(of object: Tree.Object) throws(Nfsstat4) -> Bitmap4 {
    try tree.supportedAttributes(of: object).union(ServerAttributes.all)
  }
}

/// Attributes that the server has, whatever the file system has.
enum ServerAttributes {
  /// What changes by writing.
  static let writers = Bitmap4(attributes: [
    FATTR4.SIZE, FATTR4.CHANGE, FATTR4.TIME_MODIFY, FATTR4.TIME_METADATA,
  ])

  static let all = Bitmap4(attributes: [
    FATTR4.SUPPORTED_ATTRS, FATTR4.LEASE_TIME, FATTR4.RDATTR_ERROR, FATTR4.MAXREAD,
    FATTR4.MAXWRITE, FATTR4.FS_LAYOUT_TYPES, FATTR4.SUPPATTR_EXCLCREAT, FATTR4.CHANGE_ATTR_TYPE,
  ])
}
