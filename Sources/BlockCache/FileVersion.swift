/// One version of a file's contents: the file and the change attribute (RFC 8881 §5.8.1.4) under
/// which the metadata server delegated it. Its bytes never change.
public struct FileVersion: Hashable, Sendable {
  /// Which file.
  public var file: FileID
  /// The change attribute the metadata server gave with the version; compared for equality only.
  public var change: UInt64

  /// The version of `file` that carries the change attribute `change`.
  public init(file: FileID, change: UInt64) {
    self.file = file
    self.change = change
  }
}
