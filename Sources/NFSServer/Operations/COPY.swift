import NFSv4
import Synchronization

extension MetadataOperations {
  /// COPY (RFC 7862 §15.2) from the saved filehandle to the current one.
  ///
  /// Every copy is consecutive, and done when it is answered: a client that would let it run in
  /// the background loses nothing, as a long one is answered with what was copied so far and the
  /// client asks for the rest (§15.2.3).
  /// - Throws: NFS4ERR_NOTSUPP for a source at another server, …
  func copy(_ arguments: COPY4args, _ context: inout Context) throws(Nfsstat4) -> COPY4resok {
    let pair = try copyPair(
      from: arguments.srcStateid, to: arguments.dstStateid, context,
      isLocal: arguments.sourceServer.isEmpty)
    guard arguments.count <= .max - arguments.srcOffset,
      arguments.count <= .max - arguments.dstOffset
    else { throw .NFS4ERR_INVAL }
    let size = try tree.version(of: pair.source.file).size
    guard arguments.srcOffset <= size, arguments.count <= size - arguments.srcOffset else {
      throw .NFS4ERR_INVAL
    }
    let changed = try beginCopy(pair, &context)
    defer { endChange(of: changed) }
    let verifier = writeVerifier.load(ordering: .acquiring)
    let wanted = arguments.count == 0 ? size - arguments.srcOffset : arguments.count
    let count = min(wanted, policy.maxCopyBytes)
    var done: UInt64 = 0
    do throws(Nfsstat4) {
      while done < count {
        let copied = try tree.copy(
          from: pair.source.file, at: arguments.srcOffset + done, to: pair.target.file,
          at: arguments.dstOffset + done, count: count - done)
        guard copied > 0 else { break }
        done += copied
      }
    } catch {
      // What was copied is told; the request for the rest gets the error.
      guard done > 0 else { throw error }
    }
    counters.wrote(Int(clamping: done))
    return COPY4resok(
      response: WriteResponse4(
        callbackId: nil, count: done, committed: .UNSTABLE4, writeverf: verifier),
      requirements: CopyRequirements4(consecutive: true, synchronous: true))
  }

  /// One side of a COPY or CLONE.
  struct CopySide {
    let object: Tree.Object
    let file: Tree.OpenFile
    let isSpecial: Bool
  }

  /// Both files, each with the right that its stateid gives. The special current stateid is each
  /// one's own.
  func copyPair(
    from srcStateid: Stateid4, to dstStateid: Stateid4, _ context: Context, isLocal: Bool = true
  ) throws(Nfsstat4) -> (source: CopySide, target: CopySide) {
    let target = try context.object()
    guard isLocal else { throw .NFS4ERR_NOTSUPP }
    guard let source = context.saved else { throw .NFS4ERR_NOFILEHANDLE }
    try requireRegular(source)
    try requireRegular(target)
    var sourceStateid = srcStateid
    if sourceStateid == .current {
      guard let saved = context.savedStateid else { throw .NFS4ERR_BAD_STATEID }
      sourceStateid = saved
    }
    let read = try usable(source, sourceStateid, .read, context)
    let written = try usable(target, try context.resolve(dstStateid), .write, context)
    return (
      CopySide(object: source, file: read.file, isSpecial: read.isSpecial),
      CopySide(object: target, file: written.file, isSpecial: written.isSpecial)
    )
  }

  /// Makes sure that nobody else has anything of what is changed, or cached writes of what is read.
  /// - Returns: for `endChange`.
  func beginCopy(
    _ pair: (source: CopySide, target: CopySide), _ context: inout Context
  ) throws(Nfsstat4) -> [NfsFh4] {
    if pair.source.isSpecial { try recallWriter(of: pair.source.object, &context) }
    return pair.target.isSpecial ? try beginChange(of: [pair.target.object], &context) : []
  }
}
