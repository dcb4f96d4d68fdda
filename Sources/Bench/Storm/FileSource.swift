/// Which files a storm reads.
public enum FileSource: Hashable, Sendable, CustomStringConvertible {
  /// The system's libraries, largest first.
  case library
  /// Made for the run from a seed; nothing compresses them.
  case random
  /// Those of a directory, in the order of their names.
  case directory(String)

  /// Reads `library`, `random` or a path that has a slash in it or begins with a dot.
  public init?(_ text: String) {
    switch text {
    case "library": self = .library
    case "random": self = .random
    default:
      guard text.contains("/") || text.hasPrefix(".") else { return nil }
      self = .directory(text)
    }
  }

  public var description: String {
    switch self {
    case .library: "library"
    case .random: "random"
    case .directory(let path): path
    }
  }
}
