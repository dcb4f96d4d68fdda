public import NFSv4
public import Placement
import Synchronization
import XDR

/// What a metadata server is in the cluster's gossip.
public struct ClusterIdentity: Sendable {
  /// Its own number.
  public var member: UInt64
  /// Its UDP port; 0: it does not gossip.
  public var gossipPort: UInt16
  /// What verifies the seals of blocks: 32 bytes.
  public var sealKey: [UInt8]

  public init(member: UInt64 = 0, gossipPort: UInt16 = 0, sealKey: [UInt8] = []) {
    self.member = member
    self.gossipPort = gossipPort
    self.sealKey = sealKey
  }
}

/// What the metadata server's operations need to know of its configuration.
public struct MetadataPolicy: Sendable {
  /// Give out file layouts at all.
  public var grantsLayouts = true
  /// Smaller files are read from the metadata server.
  public var minFileBytes: UInt64 = 0
  public var leaseSeconds: UInt32
  /// Bytes of one READ.
  public var maxReadBytes: UInt32 = 1024 * 1024
  /// Bytes that one COPY copies: it keeps a thread until it is done.
  public var maxCopyBytes: UInt64 = 64 * 1024 * 1024
  /// The stripe unit of layouts: at least as large as a client's READ, so that none is split.
  public var stripeUnitBytes: UInt32 = 4 * 1024 * 1024
  /// Give write delegations to clients that do not say whether they want one. Those who say so get
  /// them anyway. While one is out local processes see what its holder has written only when it
  /// writes that back.
  public var delegatesWritingUnasked = false
  /// What a registering peer is told of the cluster.
  public var cluster: @Sendable () -> ClusterIdentity = { ClusterIdentity() }
  /// Is told of every registration: over which connection, and where the peer gossips.
  public var registered: @Sendable (_ connection: UInt64, _ gossip: Netaddr4) -> Void = { _, _ in }
  /// Where clients and data servers are, by address in network byte order.
  public var locality: @Sendable ([UInt8]) -> Locality

  public init(leaseSeconds: UInt32, locality: @escaping @Sendable ([UInt8]) -> Locality) {
    self.leaseSeconds = leaseSeconds
    self.locality = locality
  }
}

/// The operations of the metadata server on an exported tree: one file each under `Operations`.
///
/// Thread-safe. An operation may block on the tree, never on the state, whose lock is held for
/// table look-ups only.
public final class MetadataOperations<Tree: FileTree>: Sendable {
  public typealias State = MetadataState<Tree.OpenFile>

  public let tree: Tree
  public let policy: MetadataPolicy
  /// Who may reclaim what after a restart.
  public let recovery: Recovery
  let sessions: SessionService
  let state: Mutex<State>
  let now: @Sendable () -> Duration
  let issue: @Sendable ([MetadataDirective]) -> Void
  let onCleared: @Sendable ([NfsFh4]) -> Void
  let isProven: @Sendable (_ connection: UInt64, Sessionid4) -> Bool
  let routing: RoutingCookie
  let counters = MetadataCounters()
  let rangeLocks = RangeLockTable<Tree>()
  /// The write verifier (RFC 8881 §18.32): changes when the server starts, and when data that was
  /// not on stable storage may be lost.
  let writeVerifier: Atomic<Verifier4>

  /// - Parameters:
  ///   - now: the clock of `sessions`.
  ///   - issue: carries out directives, in order; called outside of all locks.
  ///   - onCleared: is told of files that operations wait for and that nothing is in the way of any
  ///     more; called outside of all locks.
  ///   - isProven: whether a connection has proven the cluster key for a session.
  public init(
    tree: Tree, policy: MetadataPolicy, sessions: SessionService,
    recovery: Recovery = Recovery(), now: @escaping @Sendable () -> Duration,
    isProven: @escaping @Sendable (_ connection: UInt64, Sessionid4) -> Bool,
    issue: @escaping @Sendable ([MetadataDirective]) -> Void,
    onCleared: @escaping @Sendable ([NfsFh4]) -> Void = { _ in }
  ) {
    self.tree = tree
    self.policy = policy
    self.recovery = recovery
    self.sessions = sessions
    self.state = Mutex(State(instance: sessions.identity.instance))
    self.now = now
    self.isProven = isProven
    self.issue = issue
    self.onCleared = onCleared
    self.writeVerifier = Atomic(UInt64(sessions.identity.instance) << 32)
    self.routing = RoutingCookie(instance: sessions.identity.instance, epoch: 1)
  }

  /// What was served.
  public var readCounters: MetadataCounters { counters }

  /// The time on the clock that the operations use.
  public var currentTime: Duration { now() }

  /// What an operation finds and leaves: the current and the saved filehandle with their stateids
  /// (RFC 8881 §16.2.3.1).
  struct Context {
    let clientid: Clientid4
    let caller: Caller
    let ticket: SlotTicket
    /// When the COMPOUND came.
    let began: Duration
    var current: Tree.Object?
    var saved: Tree.Object?
    var currentStateid: Stateid4?
    var savedStateid: Stateid4?
    /// The file that the operation has to wait for, if it fails with NFS4ERR_DELAY.
    var awaited: NfsFh4?

    /// - Throws: NFS4ERR_NOFILEHANDLE.
    func object() throws(Nfsstat4) -> Tree.Object {
      guard let current else { throw .NFS4ERR_NOFILEHANDLE }
      return current
    }

    /// Sets the current filehandle; the current stateid goes with the old one.
    mutating func set(_ object: Tree.Object) {
      current = object
      currentStateid = nil
    }

    /// Replaces the special "current stateid" by what it stands for.
    func resolve(_ stateid: Stateid4) throws(Nfsstat4) -> Stateid4 {
      guard stateid == .current else { return stateid }
      guard let currentStateid else { throw .NFS4ERR_BAD_STATEID }
      return currentStateid
    }
  }

  /// A COMPOUND in a session and how far it is.
  public struct Work: Sendable {
    public internal(set) var run: CompoundRun
    var context: Context
    public var clientid: Clientid4 { context.clientid }
  }

  /// Begins a COMPOUND's operations behind SEQUENCE.
  /// - Returns: nil if it is in no session.
  public func begin(_ run: CompoundRun) -> Work? {
    guard let ticket = run.ticket else { return nil }
    return Work(
      run: run,
      context: Context(
        clientid: ticket.clientid, caller: run.caller, ticket: ticket, began: now()))
  }

  /// Runs the operations that are left.
  /// - Parameter mayWait: whether an operation that has to wait for others may be put off rather
  ///   than answer NFS4ERR_DELAY. A client tries that again after 100 ms at the earliest; most have
  ///   given up what they hold of a file after one round trip.
  /// - Returns: the file that it waits for, and is to be run again when `onCleared` names it or
  ///   some time has passed; nil when all is done.
  public func advance(_ work: inout Work, mayWait: Bool) -> NfsFh4? {
    while work.run.remainingOperations > 0 {
      let mark = work.run.mark
      work.context.awaited = nil
      work.run.step { opnum, run, encoder throws(OperationFailure) in
        try self.perform(opnum, &run, &work.context, &encoder)
      }
      if mayWait, work.run.status == .NFS4ERR_DELAY, let file = work.context.awaited {
        work.run.rewind(to: mark)
        return file
      }
    }
    return nil
  }

  /// Runs the operations of a COMPOUND in a session that are left, without waiting for others.
  public func run(_ run: inout CompoundRun) {
    guard var work = begin(run) else { return }
    _ = advance(&work, mayWait: false)
    run = work.run
  }

  private func perform(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    switch opnum {
    case .OP_PUTFH:
      try run.run(PUTFH.self, &encoder) { a throws(Nfsstat4) in try putfh(a, &context) }
    case .OP_GETATTR:
      try run.runEncoding(GETATTR.self, &encoder) { a, e throws(Nfsstat4) in
        try getattr(a, &context, &e)
      }
    case .OP_READ:
      try run.runEncoding(READ.self, &encoder) { a, e throws(Nfsstat4) in
        try read(a, &context, &e)
      }
    case .OP_WRITE:
      try run.run(WRITE.self, &encoder) { a throws(Nfsstat4) in try write(a, &context) }
    case .OP_LOOKUP:
      try run.run(LOOKUP.self, &encoder) { a throws(Nfsstat4) in try lookup(a, &context) }
    case .OP_ACCESS:
      try run.run(ACCESS.self, &encoder) { a throws(Nfsstat4) in try access(a, context) }
    case .OP_GETFH:
      try run.run(GETFH.self, &encoder) { _ throws(Nfsstat4) in
        GETFH4resok(object: try context.object().handle)
      }
    case .OP_OPEN:
      try run.run(OPEN.self, &encoder) { a throws(Nfsstat4) in try open(a, &context) }
    case .OP_CLOSE:
      try run.run(CLOSE.self, &encoder) { a throws(Nfsstat4) in try close(a, &context) }
    case .OP_READDIR:
      let room = ticketRoom(context, encoder)
      try run.runEncoding(READDIR.self, &encoder) { a, e throws(Nfsstat4) in
        try readdir(a, context, replyLimitBytes: room, &e)
      }
    case .OP_LAYOUTGET:
      try run.run(LAYOUTGET.self, &encoder) { a throws(Nfsstat4) in try layoutget(a, &context) }
    default:
      if try performRare(opnum, &run, &context, &encoder) { return }
      if try performChange(opnum, &run, &context, &encoder) { return }
      if try performLock(opnum, &run, &context, &encoder) { return }
      if try performMinorTwo(opnum, &run, &context, &encoder) { return }
      try performPeer(opnum, &run, &context, &encoder)
    }
  }

  /// Bytes that the session leaves for the results of the operation being run.
  func ticketRoom(_ context: Context, _ encoder: XDREncoder) -> Int {
    max(0, context.ticket.maxResponseBytes - encoder.byteCount - 128)
  }

  private func performRare(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) -> Bool {
    switch opnum {
    case .OP_PUTROOTFH:
      try run.run(PUTROOTFH.self, &encoder) { _ throws(Nfsstat4) in try putrootfh(&context) }
    case .OP_PUTPUBFH:
      try run.run(PUTPUBFH.self, &encoder) { _ throws(Nfsstat4) in try putrootfh(&context) }
    case .OP_SAVEFH:
      try run.run(SAVEFH.self, &encoder) { _ throws(Nfsstat4) in try savefh(&context) }
    case .OP_RESTOREFH:
      try run.run(RESTOREFH.self, &encoder) { _ throws(Nfsstat4) in try restorefh(&context) }
    case .OP_LOOKUPP:
      try run.run(LOOKUPP.self, &encoder) { _ throws(Nfsstat4) in try lookupp(&context) }
    case .OP_READLINK:
      try run.run(READLINK.self, &encoder) { _ throws(Nfsstat4) in try readlink(context) }
    case .OP_DELEGRETURN:
      try run.run(DELEGRETURN.self, &encoder) { a throws(Nfsstat4) in
        try delegreturn(a, context)
      }
    case .OP_OPEN_DOWNGRADE:
      try run.run(OPEN_DOWNGRADE.self, &encoder) { a throws(Nfsstat4) in
        try openDowngrade(a, &context)
      }
    case .OP_LAYOUTRETURN:
      try run.run(LAYOUTRETURN.self, &encoder) { a throws(Nfsstat4) in
        try layoutreturn(a, &context)
      }
    case .OP_WANT_DELEGATION:
      try run.run(WANT_DELEGATION.self, &encoder) { a throws(Nfsstat4) in
        try wantDelegation(a, context)
      }
    case .OP_GETDEVICEINFO:
      try performGetdeviceinfo(&run, context, &encoder)
    case .OP_VERIFY:
      try run.run(VERIFY.self, &encoder) { a throws(Nfsstat4) in try verify(a, context) }
    case .OP_NVERIFY:
      try run.run(NVERIFY.self, &encoder) { a throws(Nfsstat4) in try nverify(a, context) }
    case .OP_SECINFO:
      try run.run(SECINFO.self, &encoder) { a throws(Nfsstat4) in try secinfo(a, &context) }
    case .OP_SECINFO_NO_NAME:
      try run.run(SECINFO_NO_NAME.self, &encoder) { a throws(Nfsstat4) in
        try secinfoNoName(a, &context)
      }
    case .OP_TEST_STATEID:
      try run.run(TEST_STATEID.self, &encoder) { a throws(Nfsstat4) in testStateid(a, context) }
    case .OP_FREE_STATEID:
      try run.run(FREE_STATEID.self, &encoder) { a throws(Nfsstat4) in
        try freeStateid(a, context)
      }
    default:
      return false
    }
    return true
  }

  /// NFS4ERR_TOOSMALL says how many bytes it takes.
  private func performGetdeviceinfo(
    _ run: inout CompoundRun, _ context: Context, _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    var neededBytes: UInt32 = 0
    do throws(OperationFailure) {
      try run.run(GETDEVICEINFO.self, &encoder) { a throws(Nfsstat4) in
        try getdeviceinfo(a, context, neededBytes: &neededBytes)
      }
    } catch {
      guard error.status == .NFS4ERR_TOOSMALL else { throw error }
      var refusal = XDREncoder()
      GETDEVICEINFO.encodeRefusal(.NFS4ERR_TOOSMALL, mincount: neededBytes, to: &refusal)
      throw OperationFailure(.NFS4ERR_TOOSMALL, refusal: refusal.finishContiguous())
    }
  }

  private func performPeer(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ context: inout Context,
    _ encoder: inout XDREncoder
  ) throws(OperationFailure) {
    switch opnum {
    case .OP_REGISTER_DS:
      let (caller, connection) = (run.caller, run.connection)
      try run.run(REGISTER_DS.self, &encoder) { a throws(Nfsstat4) in
        try registerDs(a, context, caller: caller, connection: connection)
      }
    case .OP_UNREGISTER_DS:
      try run.run(UNREGISTER_DS.self, &encoder) { a throws(Nfsstat4) in
        try unregisterDs(a, context)
      }
    case .OP_PROXY_OPEN:
      let connection = run.connection
      try run.run(PROXY_OPEN.self, &encoder) { a throws(Nfsstat4) in
        try proxyOpen(a, context, connection: connection)
      }
    default:
      guard try sessions.performSessionOperation(opnum, &run, &encoder) else {
        try run.refuse(opnum)
        return
      }
      if opnum == .OP_RECLAIM_COMPLETE { reclaimedOne(context.clientid) }
    }
  }

  /// A file was seen to have this change attribute: what was granted on another version ends, and
  /// those who hold it are told, whatever becomes of the request that noticed.
  public func saw(_ change: Changeid4, of file: NfsFh4) {
    let now = now()
    issue(withState { $0.contentChanged(file, change: change, now: now) })
  }

  /// Looks at or changes the state. The closure must neither block nor call out.
  public func withState<Value: Sendable>(
    _ body: (inout State) throws(Nfsstat4) -> Value
  ) throws(Nfsstat4) -> Value {
    let (outcome, events) = state.withLock { state in
      let outcome = Result { () throws(Nfsstat4) in try body(&state) }
      return (outcome, state.takeEvents())
    }
    if !events.isEmpty { settle(events) }
    return try outcome.get()
  }

  /// As `withState`, for what cannot fail.
  public func withState<Value: Sendable>(_ body: (inout State) -> Value) -> Value {
    let (value, events) = state.withLock { state in (body(&state), state.takeEvents()) }
    if !events.isEmpty { settle(events) }
    return value
  }

  private func settle(_ events: StateEvents) {
    rangeLocks.release(events.releasedLocks)
    if !events.notices.isEmpty { issue(events.notices.map { .notifyLock($0) }) }
    if !events.cleared.isEmpty { onCleared(events.cleared) }
  }
}
