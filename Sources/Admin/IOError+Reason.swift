import Glibc
import NIOCore

extension IOError {
  /// The system's words alone, such as `Connection refused`.
  var reasonText: String { String(cString: strerror(errnoCode)) }
}
