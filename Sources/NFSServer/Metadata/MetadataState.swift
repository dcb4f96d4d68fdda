public import NFSv4
import Placement

/// Who holds what at the metadata server: opens, read delegations, layouts, registered data
/// servers and what they were granted.
///
/// A value. What has to be said to clients and data servers is returned as directives.
public struct MetadataState<OpenFile: Sendable>: Sendable {
  /// Bounds on what one client can make the server remember.
  public struct Limits: Sendable {
    public var opensPerClient = 100_000
    public var delegationsPerClient = 100_000
    public var layoutsPerClient = 100_000
    public var dataServers = 16_384
    public var grantsPerServer = 1_000_000
    public init() {}
  }

  /// All state of one file.
  struct FileState: Sendable {
    var opens: Set<StateidOther> = []
    var delegations: Set<StateidOther> = []
    var layouts: Set<StateidOther> = []
    var grants: Set<StateidOther> = []

    var isEmpty: Bool {
      opens.isEmpty && delegations.isEmpty && layouts.isEmpty && grants.isEmpty
    }
  }

  /// All state of one client.
  struct ClientState: Sendable {
    var opens: Set<StateidOther> = []
    var delegations: Set<StateidOther> = []
    var layouts: Set<StateidOther> = []
    /// Delegations that were revoked and not yet freed.
    var revoked: Set<StateidOther> = []
    /// Grants to read at data servers.
    var readerGrants: Set<StateidOther> = []
    /// Grants held as a data server.
    var serverGrants: Set<StateidOther> = []
    var dataServer: UInt64?
    /// Layouts this client dropped without returning them, lately: see `recordForgotten`.
    var forgotten: [NfsFh4: Forgotten] = [:]
  }

  struct OpenKey: Hashable, Sendable {
    let clientid: Clientid4
    let owner: [UInt8]
    let file: NfsFh4
  }

  struct ClientFile: Hashable, Sendable {
    let clientid: Clientid4
    let file: NfsFh4
  }

  struct GrantKey: Hashable, Sendable {
    let server: Clientid4
    let reader: Clientid4
    let file: NfsFh4
    let state: StateidOther

    init(server: Clientid4, reader: Clientid4, file: NfsFh4, state: StateidOther) {
      self.server = server
      self.reader = reader
      self.file = file
      self.state = state
    }

    init(_ grant: ProxyGrant) {
      self.init(
        server: grant.server, reader: grant.reader, file: grant.file, state: grant.state)
    }
  }

  /// A data server that a client could not read a file from.
  struct Forgotten: Sendable {
    var dataServer: UInt64
    var count: Int
    var last: Duration
  }

  public let instance: UInt32
  public let limits: Limits
  var nextState: UInt64 = 1
  var opens: [StateidOther: OpenState<OpenFile>] = [:]
  var openByKey: [OpenKey: StateidOther] = [:]
  var delegations: [StateidOther: DelegationState] = [:]
  var delegationByKey: [ClientFile: StateidOther] = [:]
  var layouts: [StateidOther: LayoutState] = [:]
  var layoutByKey: [ClientFile: StateidOther] = [:]
  var grants: [StateidOther: ProxyGrant] = [:]
  var grantByKey: [GrantKey: StateidOther] = [:]
  /// What was recalled and is not back, so that looking for overdue ones costs no scan of all.
  var recalledDelegations: Set<StateidOther> = []
  var recalledLayouts: Set<StateidOther> = []
  var files: [NfsFh4: FileState] = [:]
  var clients: [Clientid4: ClientState] = [:]
  public internal(set) var dataServers: [UInt64: DataServer] = [:]
  /// Changes whenever the set of data servers does: part of every device ID.
  public internal(set) var registryGeneration: UInt32 = 1
  public internal(set) var layoutsGranted = 0
  public internal(set) var layoutsRecalled = 0

  /// - Parameter instance: part of every stateid and device ID; differs between two starts.
  public init(instance: UInt32, limits: Limits = Limits()) {
    self.instance = instance
    self.limits = limits
  }

  public var openCount: Int { opens.count }
  public var delegationCount: Int { delegations.count }
  public var layoutCount: Int { layouts.count }
  public var grantCount: Int { grants.count }

  /// Whether the client holds anything that DESTROY_CLIENTID must not drop.
  public func hasState(_ clientid: Clientid4) -> Bool {
    guard let client = clients[clientid] else { return false }
    return !client.opens.isEmpty || !client.delegations.isEmpty || !client.layouts.isEmpty
      || client.dataServer != nil
  }

  /// Whether delegations of the client were revoked and not freed yet.
  public func hasRevoked(_ clientid: Clientid4) -> Bool {
    clients[clientid]?.revoked.isEmpty == false
  }

  /// The kinds of state, part of a stateid for whoever reads a trace.
  enum Kind: UInt64 {
    case open = 1
    case delegation = 2
    case layout = 3
    case grant = 4
    case registration = 5
  }

  mutating func newStateid(_ kind: Kind) -> Stateid4 {
    defer { nextState += 1 }
    return Stateid4(
      seqid: 1, other: StateidOther(high: kind.rawValue << 56 | nextState, low: instance))
  }

  mutating func touchFile(
    _ file: NfsFh4, _ change: (inout FileState) -> Void
  ) {
    change(&files[file, default: FileState()])
    if files[file]?.isEmpty == true { files[file] = nil }
  }

  /// A client is gone: expired, destroyed or restarted. Everything of it goes.
  public mutating func drop(client clientid: Clientid4, now: Duration) -> [MetadataDirective] {
    guard let client = clients[clientid] else { return [] }
    var directives: [MetadataDirective] = []
    // Fence first: what data servers may do for the client ends before its state does.
    directives += revokeGrants(of: clientid)
    for other in client.opens { removeOpen(other) }
    for other in client.delegations { removeDelegation(other) }
    for other in client.layouts { removeLayout(other) }
    if let id = client.dataServer { directives += unregister(id, now: now) }
    for other in clients[clientid]?.serverGrants ?? [] { removeGrant(other) }
    clients[clientid] = nil
    return directives
  }

  /// Ends all grants to read for one client.
  private mutating func revokeGrants(of reader: Clientid4) -> [MetadataDirective] {
    var servers: Set<Clientid4> = []
    for other in clients[reader]?.readerGrants ?? [] {
      guard let grant = grants[other] else { continue }
      servers.insert(grant.server)
      removeGrant(other)
    }
    return servers.map { .revokeGrants(server: $0, reader: reader, stateids: nil) }
  }

  mutating func removeGrant(_ other: StateidOther) {
    guard let grant = grants.removeValue(forKey: other) else { return }
    grantByKey[GrantKey(grant)] = nil
    touchFile(grant.file) { $0.grants.remove(other) }
    clients[grant.reader]?.readerGrants.remove(other)
    clients[grant.server]?.serverGrants.remove(other)
  }

  /// Grants named in one CB_PROXY_REVOKE. Beyond, all of the reader are revoked: those it still
  /// has a right to are asked for again.
  static var namedGrantLimit: Int { 128 }

  /// Ends the grants of a file that `isEnded` picks.
  mutating func endGrants(
    of file: NfsFh4, where isEnded: (ProxyGrant) -> Bool
  ) -> [MetadataDirective] {
    // In the order they were found, one directive for each data server and reader.
    var pairs: [(server: Clientid4, reader: Clientid4, stateids: [Stateid4])] = []
    var indexOfPair: [[Clientid4]: Int] = [:]
    for other in files[file]?.grants ?? [] {
      guard let grant = grants[other], isEnded(grant) else { continue }
      removeGrant(other)
      if let index = indexOfPair[[grant.server, grant.reader]] {
        pairs[index].stateids.append(grant.stateid)
      } else {
        indexOfPair[[grant.server, grant.reader]] = pairs.count
        pairs.append((grant.server, grant.reader, [grant.stateid]))
      }
    }
    return pairs.map {
      .revokeGrants(
        server: $0.server, reader: $0.reader,
        stateids: $0.stateids.count <= Self.namedGrantLimit ? $0.stateids : nil)
    }
  }
}
