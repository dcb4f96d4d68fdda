import NFSv4
import XDR

extension MetadataOperations {
  /// READDIR (RFC 8881 §18.23). Cookies hold for ever, so the verifier says nothing: 0.
  func readdir(
    _ arguments: READDIR4args, _ context: Context, replyLimitBytes: Int,
    _ encoder: inout XDREncoder
  ) throws(Nfsstat4) {
    let directory = try context.object()
    guard directory.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    guard arguments.cookie != 1, arguments.cookie != 2 else { throw .NFS4ERR_BAD_COOKIE }
    guard arguments.cookieverf == 0 else { throw .NFS4ERR_NOT_SAME }
    let mask = arguments.attrRequest
    guard mask.intersection(FileAttributes.writeOnly).isEmpty else { throw .NFS4ERR_INVAL }
    var writer = ReaddirWriter(
      cookieverf: 0, dircount: arguments.dircount, maxcount: arguments.maxcount,
      replyLimitBytes: replyLimitBytes, to: &encoder)
    // The same for all entries: those of the directory's file system.
    var common = FileAttributes()
    try addServerAttributes(of: directory, mask: mask, to: &common)
    let eof = try tree.readDirectory(
      directory, after: arguments.cookie, mask: mask, for: context.caller
    ) { entry in
      var attributes = entry.attributes
      if attributes.rdattrError == nil || attributes.rdattrError == .NFS4_OK {
        attributes.addServerAttributes(from: common)
      }
      return writer.append(
        cookie: entry.cookie, name: entry.name, attributes: attributes, mask: mask, to: &encoder)
    }
    try writer.finish(eof: eof, to: &encoder)
  }
}

extension FileAttributes {
  /// Those that are the server's, as `common` has them.
  fileprivate mutating func addServerAttributes(from common: FileAttributes) {
    supportedAttrs = common.supportedAttrs
    suppattrExclcreat = common.suppattrExclcreat
    leaseTime = common.leaseTime
    maxread = common.maxread
    maxwrite = common.maxwrite
    changeAttrType = common.changeAttrType
    rdattrError = .NFS4_OK
    fsLayoutTypes = common.fsLayoutTypes
  }
}
