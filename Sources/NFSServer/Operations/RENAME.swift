import NFSv4

extension MetadataOperations {
  /// RENAME (RFC 8881 §18.26): from the saved to the current directory. Both the file that gets
  /// another name and the one that is replaced change.
  func rename(
    _ arguments: RENAME4args, _ context: inout Context
  ) throws(Nfsstat4) -> RENAME4resok {
    let target = try context.object()
    guard let source = context.saved else { throw .NFS4ERR_NOFILEHANDLE }
    guard source.type == .NF4DIR, target.type == .NF4DIR else { throw .NFS4ERR_NOTDIR }
    let moved = try tree.lookup(arguments.oldname, in: source, for: context.caller)
    let replaced = try existing(arguments.newname, in: target, context)
    let changed = try beginChange(of: [moved] + (replaced.map { [$0] } ?? []), &context)
    defer { endChange(of: changed) }
    let change = try tree.rename(
      arguments.oldname, in: source, to: arguments.newname, in: target,
      expecting: .object(moved.handle),
      replacing: replaced.map { .object($0.handle) } ?? .nothing, for: context.caller)
    return RENAME4resok(sourceCinfo: change.source, targetCinfo: change.target)
  }

  /// What a name stands for; nil: nothing.
  func existing(
    _ name: Component4, in directory: Tree.Object, _ context: Context
  ) throws(Nfsstat4) -> Tree.Object? {
    do throws(Nfsstat4) {
      return try tree.lookup(name, in: directory, for: context.caller)
    } catch {
      guard error == .NFS4ERR_NOENT else { throw error }
      return nil
    }
  }
}
