/// One name in a directory, as bytes: the encoding is left to those who choose names.
///
///     typedef utf8str_cs component4;
public typealias Component4 = [UInt8]

extension NFS4 {
  /// Bytes of a name that are decoded. More than any name has: one beyond `nameLimitBytes` is for
  /// the operation to refuse with NFS4ERR_NAMETOOLONG rather than malformed.
  public static let componentLimitBytes = 4096
}
