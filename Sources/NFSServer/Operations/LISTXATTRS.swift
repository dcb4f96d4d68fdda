import NFSv4

extension MetadataOperations {
  /// LISTXATTRS (RFC 8276 §8.4.3). The cookie is that of the last name in the reply.
  /// - Parameter replyLimitBytes: what the session leaves for the results.
  /// - Throws: NFS4ERR_TOOSMALL if `maxcount` has no room for the next name.
  func listxattrs(
    _ arguments: LISTXATTRS4args, _ context: Context, replyLimitBytes: Int
  ) throws(Nfsstat4) -> LISTXATTRS4resok {
    let object = try context.object()
    // The cookie, the number of names, and whether there are more.
    var left = min(Int(arguments.maxcount), replyLimitBytes) - 16
    guard left >= 0 else { throw .NFS4ERR_TOOSMALL }
    var results = LISTXATTRS4resok(cookie: arguments.cookie, names: [], eof: false)
    results.eof = try tree.listExtendedAttributes(
      of: object, after: arguments.cookie, for: context.caller
    ) { name, cookie in
      let nameBytes = 4 + (name.count + 3) / 4 * 4
      guard nameBytes <= left, results.names.count < LISTXATTRS4resok.countLimit else {
        return false
      }
      left -= nameBytes
      results.names.append(name)
      results.cookie = cookie
      return true
    }
    guard results.eof || !results.names.isEmpty else { throw .NFS4ERR_TOOSMALL }
    return results
  }
}
