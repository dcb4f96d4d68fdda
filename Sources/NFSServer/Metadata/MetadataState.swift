public import NFSv4
import Placement

/// Who holds what at the metadata server: opens, locks, delegations, layouts, registered data
/// servers and what they were granted.
///
/// A value. What has to be said to clients and data servers is returned as directives. Looking up
/// what concerns a request takes the same time however many clients share a file; what a change of
/// the file ends is gone through once.
public struct MetadataState<OpenFile: Sendable>: Sendable {
  /// Bounds on what one client can make the server remember.
  public struct Limits: Sendable {
    public var opensPerClient = 100_000
    /// Lock-owners, each counted for each file.
    public var locksPerClient = 100_000
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
    /// Revocations of grants that data servers have not acknowledged.
    var revocations: Set<UInt64> = []
    /// How many opens may read, may write, keep others from reading, and from writing.
    var shares = ShareCounts()
    /// Of its delegations, those that are recalled.
    var recalledCount = 0
    /// The version that those for reading are on which are not recalled.
    var delegated: Changeid4?
    /// The delegation for writing: then there is no other one.
    var writeDelegation: StateidOther?
    /// Operations that are changing the file at this moment.
    var changeCount = 0
    /// When an operation last had to wait until others gave up what they hold of the file.
    var awaited: Duration?

    var isEmpty: Bool {
      opens.isEmpty && delegations.isEmpty && layouts.isEmpty && grants.isEmpty
        && revocations.isEmpty && changeCount == 0 && awaited == nil
    }
  }

  /// The share reservations of a file (RFC 8881 §9.7), counted.
  struct ShareCounts: Sendable {
    var readers = 0
    var writers = 0
    var readDeniers = 0
    var writeDeniers = 0

    mutating func add(access: UInt32, deny: UInt32, _ sign: Int = 1) {
      if access & OPEN4.SHARE_ACCESS_READ != 0 { readers += sign }
      if access & OPEN4.SHARE_ACCESS_WRITE != 0 { writers += sign }
      if deny & OPEN4.SHARE_DENY_READ != 0 { readDeniers += sign }
      if deny & OPEN4.SHARE_DENY_WRITE != 0 { writeDeniers += sign }
    }

    mutating func remove(access: UInt32, deny: UInt32) { add(access: access, deny: deny, -1) }

    func conflicts(access: UInt32, deny: UInt32) -> Bool {
      access & OPEN4.SHARE_ACCESS_READ != 0 && readDeniers > 0
        || access & OPEN4.SHARE_ACCESS_WRITE != 0 && writeDeniers > 0
        || deny & OPEN4.SHARE_DENY_READ != 0 && readers > 0
        || deny & OPEN4.SHARE_DENY_WRITE != 0 && writers > 0
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
    /// Revocations that it has not acknowledged as a data server.
    var revocations: Set<UInt64> = []
    var dataServer: UInt64?
    var lockCount = 0
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
  /// Grants by the open or delegation of the reader, so that its end costs no search.
  var grantsByState: [StateidOther: Set<StateidOther>] = [:]
  /// Revocations that are not acknowledged, each with the files whose change waits for it.
  var revocations: [UInt64: PendingRevocation] = [:]
  var nextRevocation: UInt64 = 1
  /// Those of data servers that are gone.
  var voidRevocations: Set<UInt64> = []
  /// Files with `awaited`, so that forgetting them costs no scan of all.
  var awaitedFiles: Set<NfsFh4> = []
  var locks: [StateidOther: LockState] = [:]
  var lockByKey: [OpenKey: StateidOther] = [:]
  var locksByOpen: [StateidOther: Set<StateidOther>] = [:]
  /// Ranges that are locked of files.
  var fileLocks: [NfsFh4: FileLocks] = [:]
  /// Files whose locks somebody waits for.
  var lockWaitFiles: Set<NfsFh4> = []
  /// What holders of write delegations said of their files.
  var writerAnswers: [StateidOther: WriterAnswer] = [:]
  var events = StateEvents()
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
  /// Lock-owners, each counted for each file.
  public var lockCount: Int { locks.count }

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
    case lock = 6
  }

  /// Takes what became of the tables since the last time.
  mutating func takeEvents() -> StateEvents {
    guard !events.isEmpty else { return events }
    defer { events = StateEvents() }
    return events
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
  /// - Parameter servesUntil: until when the client, as a data server, may still serve what it was
  ///   granted, as its own lease has not run out on its own clock; nil: it does not.
  public mutating func drop(
    client clientid: Clientid4, servesUntil: Duration? = nil, now: Duration
  ) -> [MetadataDirective] {
    guard let client = clients[clientid] else { return [] }
    var directives: [MetadataDirective] = []
    // Fence first: what data servers may do for the client ends before its state does.
    directives += revokeGrants(of: clientid)
    forgetLockWaiters(of: clientid)
    for other in client.opens { removeOpen(other) }
    for other in client.delegations { removeDelegation(other) }
    for other in client.layouts { removeLayout(other) }
    if let id = client.dataServer { directives += unregister(id, now: now) }
    directives += giveUp(server: clientid, servesUntil: servesUntil, now: now)
    clients[clientid] = nil
    return directives
  }
}
