import NFSv4
import XDR

extension MetadataOperations {
  /// VERIFY (RFC 8881 §18.30): goes on if the attributes are the same.
  func verify(_ arguments: VERIFY4args, _ context: Context) throws(Nfsstat4) -> Void4 {
    guard try isSame(arguments.objAttributes, context) else { throw .NFS4ERR_NOT_SAME }
    return Void4()
  }

  /// Whether the object has just these attributes (RFC 8881 §18.30.3).
  func isSame(_ wanted: Fattr4, _ context: Context) throws(Nfsstat4) -> Bool {
    let object = try context.object()
    let mask = wanted.attrmask
    guard mask.intersection(FileAttributes.writeOnly).isEmpty,
      !mask.contains(bit: FATTR4.RDATTR_ERROR)
    else { throw .NFS4ERR_INVAL }
    guard mask.isSubset(of: try supportedAttributes(of: object)) else { throw .NFS4ERR_ATTRNOTSUPP }
    guard (try? FileAttributes(decoding: wanted)) != nil else { throw .NFS4ERR_BADXDR }
    var attributes = try tree.attributes(of: object, mask: mask)
    try addServerAttributes(of: object, mask: mask, to: &attributes)
    return Fattr4(attributes, mask: mask) == wanted
  }
}
