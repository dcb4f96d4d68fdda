public import NFSv4
public import ONCRPC

/// Who a client is, to the metadata server and to every data server alike: a stock client shows
/// both the same owner and verifier (RFC 8881 §13.6), and so may be recognised at a data server.
public struct ClientIdentity: Sendable {
  /// `co_ownerid` and `co_verifier`.
  public var owner: ClientOwner4
  /// Who manages sessions, leases and state: root on the client's machine.
  public var machine: OpaqueAuth
  /// Who opens and reads.
  public var user: OpaqueAuth
  /// Of NFSv4: 1 or 2. A stock client speaks to data servers what it speaks to the metadata server.
  public var minorversion: UInt32

  /// - Parameters:
  ///   - name: the node's name: unique among the clients of a server.
  ///   - verifier: another one at every start, so that the server drops what the former left.
  ///   - uid: the user that opens and reads; its group has the same number.
  public init(name: String, verifier: UInt64, uid: UInt32 = 1000, minorversion: UInt32 = 2) {
    let machinename = Array(name.utf8.prefix(AuthsysParms.machinenameLimitBytes))
    owner = ClientOwner4(
      verifier: verifier, ownerid: Array("Linux NFSv4.\(minorversion) \(name)".utf8))
    machine = AuthsysParms(machinename: machinename, uid: 0, gid: 0).credential
    user = AuthsysParms(machinename: machinename, uid: uid, gid: uid).credential
    self.minorversion = minorversion
  }
}
