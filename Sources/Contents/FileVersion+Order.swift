import BlockCache

extension FileVersion {
  /// Whether it comes before `other` in the order in which versions are listed.
  func precedes(_ other: FileVersion) -> Bool {
    (file.high, file.low, change) < (other.file.high, other.file.low, other.change)
  }
}
