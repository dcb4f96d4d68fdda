import NFSv4
import ONCRPC

extension MetadataOperations {
  /// SECINFO (RFC 8881 §18.29): what the object may be used with. Consumes the filehandle.
  func secinfo(
    _ arguments: SECINFO4args, _ context: inout Context
  ) throws(Nfsstat4) -> SECINFO4resok {
    let directory = try context.object()
    _ = try tree.lookup(arguments.name, in: directory, for: context.caller)
    context.current = nil
    context.currentStateid = nil
    return flavors
  }

  var flavors: SECINFO4resok {
    SECINFO4resok(flavors: [.flavor(AuthFlavor.sys), .flavor(AuthFlavor.none)])
  }
}
