import NFSv4
import NIOCore

extension MetadataOperations {
  /// GETXATTR (RFC 8276 §8.4.1).
  func getxattr(
    _ arguments: GETXATTR4args, _ context: Context
  ) throws(Nfsstat4) -> GETXATTR4resok {
    let object = try context.object()
    let value = try tree.extendedAttribute(arguments.name, of: object, for: context.caller)
    return GETXATTR4resok(value: ByteBuffer(bytes: value))
  }
}
