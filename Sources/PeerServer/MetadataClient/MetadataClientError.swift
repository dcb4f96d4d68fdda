import NFSv4

/// Why a peer cannot work with its metadata server at all.
public enum MetadataClientError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The server does not know the operations between peers and metadata server.
  case serverKnowsNoPeers
  /// The server will not have this peer, and says so with this status.
  case refused(Nfsstat4)

  public var description: String {
    switch self {
    case .serverKnowsNoPeers:
      "this server does not know peers: set mds to the address of a p2pnfs metadata server"
    case .refused(let status):
      "the metadata server refuses this peer (\(status)): see its log and its configuration"
    }
  }
}

/// Why a request to the metadata server has no result.
enum RequestFailure: Error, Hashable, Sendable {
  /// The operation was refused.
  case status(Nfsstat4)
  /// There is no session, it was lost, or too much is waiting already.
  case unavailable
  /// The reply made no sense.
  case malformed
}

/// Why a connection to the metadata server is given up; another one is tried.
enum ConnectionFailure: Error, Sendable {
  /// An operation that sets up the session was refused.
  case refused(String, Nfsstat4)
  case malformed(String)
  case sessionLost
  case noAnswer(String)
}
