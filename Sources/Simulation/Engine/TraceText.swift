import Glibc

/// Where the lines of an ``EventTrace`` go: into memory, or into a file.
public final class TraceText {
  /// A file that cannot be made or written, in the system's words.
  public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The path and the system's reason.
    public let description: String
  }

  private var bytes: [UInt8] = []
  private let byteLimit: Int
  private let path: String
  private let descriptor: Int32
  private var failure: Failure?
  /// The lines that did not fit into memory.
  public private(set) var omittedCount = 0

  /// Keeps at most `byteLimit` bytes of lines in memory; later ones are counted only.
  public init(byteLimit: Int) {
    self.byteLimit = byteLimit
    path = ""
    descriptor = -1
  }

  /// Writes to a file, which is made or overwritten.
  /// - Throws: if it cannot be opened.
  public init(path: String) throws(Failure) {
    byteLimit = 1 << 18
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw Self.failure(path) }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The lines in memory, each with its newline.
  public var lines: [UInt8] { bytes }

  /// Writes what is still in memory to the file.
  /// - Throws: the first problem since the file was opened.
  public func flush() throws(Failure) {
    drain()
    if let failure { throw failure }
  }

  func append(_ line: String) {
    let count = line.utf8.count + 1
    if count > byteLimit - bytes.count {
      guard descriptor >= 0 else {
        omittedCount += 1
        return
      }
      drain()
    }
    bytes.append(contentsOf: line.utf8)
    bytes.append(UInt8(ascii: "\n"))
  }

  private func drain() {
    guard descriptor >= 0 else { return }
    defer { bytes.removeAll(keepingCapacity: true) }
    var written = 0
    while written < bytes.count, failure == nil {
      let count = bytes[written...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        failure = Self.failure(path)
      } else {
        written += count
      }
    }
  }

  private static func failure(_ path: String) -> Failure {
    Failure(description: "\(path): \(String(cString: strerror(errno)))")
  }
}
