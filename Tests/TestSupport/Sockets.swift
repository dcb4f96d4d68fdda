import Glibc

/// What Swift's Glibc module does not declare, since it needs _GNU_SOURCE.
enum Sockets {
  /// SOCK_CLOEXEC: a descriptor that another thread's child does not inherit, not even for the
  /// moment between its making and an fcntl.
  static let streamCloseOnExec = Int32(SOCK_STREAM.rawValue) | 0o2000000

  /// Two connected descriptors, used as a pipe is (pipe2 is not declared).
  static func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, streamCloseOnExec, 0, &ends) == 0 else {
      throw LabError("no socket pair: \(String(cString: strerror(errno)))")
    }
    return (ends[0], ends[1])
  }

  /// Moves the calling thread into a network namespace; setns(2).
  /// - Returns: whether it worked; errno tells why not.
  static func enterNetwork(_ descriptor: Int32) -> Bool {
    typealias Function = @convention(c) (Int32, Int32) -> Int32
    guard let symbol = dlsym(nil, "setns") else { return false }
    let networkNamespace: Int32 = 0x4000_0000  // CLONE_NEWNET
    return unsafeBitCast(symbol, to: Function.self)(descriptor, networkNamespace) == 0
  }
}
