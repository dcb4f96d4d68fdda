public import NFSv4

/// Why a client has no answer.
public enum ClientError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The server refused an operation.
  case status(Nfsstat4, operation: String)
  /// What came is not what the protocol allows.
  case malformed(String)
  /// There is no connection, and none can be made.
  case disconnected(String)
  /// The server is another one, or does not know this client any more: what was open is not.
  case stateLost
  /// The server does not offer what is needed.
  case unusable(String)
  /// More requests wait than a session takes.
  case tooManyRequests
  /// The client itself has ended.
  case closed

  public var description: String {
    switch self {
    case .status(let status, let operation): "\(operation): \(status)"
    case .malformed(let what): "not NFS: \(what)"
    case .disconnected(let why): "no connection: \(why)"
    case .stateLost: "the server has forgotten this client"
    case .unusable(let why): why
    case .tooManyRequests: "too many requests wait"
    case .closed: "the client has ended"
    }
  }

  init(_ error: CompoundError) {
    switch error {
    case .status(let status, let operation): self = .status(status, operation: "\(operation)")
    case .malformed(let reason): self = .malformed("\(reason)")
    case .unexpected(let opnum, let operation):
      self = .malformed("operation \(opnum) in place of \(operation)")
    case .missing(let operation): self = .malformed("no result of \(operation)")
    }
  }
}
