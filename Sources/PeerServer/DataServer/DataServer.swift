import BlockCache
import ClusterTransport
import Logging
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Synchronization
import Transport
import XDR

/// The data server's side towards clients: sessions, PUTFH and READ (RFC 8881 §13.6).
///
/// A COMPOUND runs in two phases. Its READs are found without running anything; where each has a
/// grant and all blocks in RAM, it runs at once on the event loop. Otherwise what is missing is
/// got first, without blocking, and then it runs in one go with what is there: so an answer is
/// given under grants that hold while it is given (see `GrantStore`).
///
/// A READ is answered with the right bytes, or with a status by which a stock client drops its
/// layout and reads through the metadata server at once, or the connection is closed. Never with
/// NFS4ERR_IO, NFS4ERR_DELAY, NFS4ERR_BAD_STATEID, NFS4ERR_EXPIRED or NFS4ERR_OPENMODE: those make
/// it fail, sleep or pay for every READ twice.
final class DataServer: RPCService {
  struct Limits: Sendable {
    /// How long a READ may be prepared.
    var preparation = TimeAmount.seconds(6)
    /// After this without an answer the connection is closed: a client waits for ever for a data
    /// server that keeps its connection open.
    var unanswered = TimeAmount.seconds(9)
    /// Bytes of one READ.
    var readBytes = 1 << 20
    /// READs of one COMPOUND; more are refused.
    var readsPerCompound = 16
    /// Readers whose pattern is remembered, for each event loop.
    var readers = 4096
    /// Blocks fetched ahead for one reader.
    var readAheadBlocks: UInt32 = 64
  }

  let sessions: SessionService
  let grants: GrantStore
  let broker: GrantBroker
  let reader: BlockReader
  let counters: PeerCounters
  let limits: Limits
  private let members: BlockCalls
  private let logger: Logger
  private let patterns: Mutex<ReaderPatterns>

  init(
    sessions: SessionService, grants: GrantStore, broker: GrantBroker, reader: BlockReader,
    members: BlockCalls, counters: PeerCounters, limits: Limits = Limits(), logger: Logger
  ) {
    self.sessions = sessions
    self.grants = grants
    self.broker = broker
    self.reader = reader
    self.members = members
    self.counters = counters
    self.limits = limits
    self.logger = logger
    self.patterns = Mutex(
      ReaderPatterns(limit: limits.readers, windowLimit: limits.readAheadBlocks))
  }

  func opened(_ connection: RPCConnection) {}

  func closed(_ connection: RPCConnection) {
    members.closed(connection)
    sessions.connectionClosed(connection.id)
  }

  func received(_ call: RPCCall, on connection: RPCConnection) {
    if call.prog == BlockProtocol.program { return members.received(call, on: connection) }
    guard call.prog == NFS4.program else { return connection.reply(xid: call.xid, .progUnavail) }
    guard call.vers == NFS4.version else {
      return connection.reply(
        xid: call.xid, .progMismatch(low: NFS4.version, high: NFS4.version))
    }
    switch call.proc {
    case NFS4.PROC_NULL: connection.reply(xid: call.xid, .success)
    case NFS4.PROC_COMPOUND: compound(call, on: connection)
    default: connection.reply(xid: call.xid, .procUnavail)
    }
  }

  private func compound(_ call: RPCCall, on connection: RPCConnection) {
    let caller: Caller
    do throws(AuthStat) {
      caller = Caller(
        principal: try RPCPrincipal(call.cred), address: connection.remoteAddressBytes)
    } catch {
      return connection.reply(xid: call.xid, .authError(error))
    }
    switch sessions.open(call.arguments, caller: caller, connection: connection.id) {
    case .reply(let results): connection.reply(xid: call.xid, .success, results: results)
    case .garbage: connection.reply(xid: call.xid, .garbageArgs)
    case .run(let run):
      var plans = ReadPlan.lookAhead(run.decoder, operations: run.remainingOperations)
      if prepareFromMemory(&plans, run) {
        answer(run, plans, xid: call.xid, on: connection)
      } else {
        PendingCall(
          server: self, run: run, plans: plans, xid: call.xid, credential: call.cred,
          connection: connection
        ).start()
      }
    }
  }

  /// Fills in what is known at once.
  /// - Returns: whether that is all there is to know.
  private func prepareFromMemory(_ plans: inout [ReadPlan], _ run: CompoundRun) -> Bool {
    guard !plans.isEmpty else { return true }
    guard plans.count <= limits.readsPerCompound else {
      for index in plans.indices { plans[index].refusal = .NFS4ERR_PNFS_NO_LAYOUT }
      return true
    }
    let now = MonotonicClock.now()
    var isComplete = true
    for index in plans.indices {
      guard let handle = plans[index].handle, let ticket = run.ticket,
        check(handle) == .NFS4_OK
      else { continue }
      let key = GrantKey(
        client: ticket.clientid, stateid: plans[index].arguments.stateid.other, handle: handle,
        principal: run.caller.principal)
      plans[index].key = key
      guard let grant = grants.grant(for: key, now: now) else {
        isComplete = false
        continue
      }
      plans[index].grant = grant
      if !takeFromMemory(&plans[index], grant) { isComplete = false }
    }
    return isComplete
  }

  /// Takes the blocks that are in RAM, and has those fetched that are likely to be next.
  /// - Returns: whether all were there.
  func takeFromMemory(_ plan: inout ReadPlan, _ grant: Grant) -> Bool {
    let range = plan.blockRange(
      size: grant.file.size, blockBytes: reader.blockBytes, limitBytes: limits.readBytes)
    guard let range else { return true }
    plan.firstBlock = range.lowerBound
    plan.blocks = range.map { reader.inMemory($0, of: grant.file) }
    plan.sources = Array(repeating: .memory, count: plan.blocks.count)
    let blockCount = grant.file.blockCount(blockBytes: reader.blockBytes)
    let ahead = patterns.withLock { $0.access(grant.id, range, blockCount: blockCount) }
    if !ahead.isEmpty {
      let (reader, file) = (reader, grant.file)
      // After the answer: what is needed now goes first.
      reader.later { reader.prefetch(ahead, of: file) }
    }
    return !plan.blocks.contains { $0 == nil }
  }

  /// Whether a filehandle leads here now: its first eight bytes are the routing cookie of this
  /// registration, and the metadata server's own filehandle follows.
  func check(_ handle: NfsFh4) -> Nfsstat4 {
    guard handle.bytes.readableBytes > 8, handle.bytes.readableBytes <= NFS4.FHSIZE else {
      return .NFS4ERR_BADHANDLE
    }
    let cookie = handle.bytes.getInteger(at: handle.bytes.readerIndex, as: UInt64.self)
    guard let current = grants.cookie, cookie == current else { return .NFS4ERR_STALE }
    return .NFS4_OK
  }

  // MARK: Answering

  /// Runs the COMPOUND with what was prepared, and replies: in one go, on the connection's loop.
  func answer(_ run: CompoundRun, _ plans: [ReadPlan], xid: UInt32, on connection: RPCConnection) {
    var run = run
    var nextPlan = 0
    var currentHandle: NfsFh4?
    while run.remainingOperations > 0 {
      run.step { opnum, run, encoder throws(OperationFailure) in
        switch opnum {
        case .OP_PUTFH:
          try run.run(PUTFH.self, &encoder) { arguments throws(Nfsstat4) in
            let status = check(arguments.object)
            guard status == .NFS4_OK else { throw status }
            currentHandle = arguments.object
            return Void4()
          }
        case .OP_READ:
          try run.run(READ.self, &encoder) { arguments throws(Nfsstat4) in
            guard currentHandle != nil else { throw .NFS4ERR_NOFILEHANDLE }
            guard nextPlan < plans.count, plans[nextPlan].arguments == arguments else {
              throw .NFS4ERR_PNFS_NO_LAYOUT
            }
            defer { nextPlan += 1 }
            return try result(of: plans[nextPlan])
          }
        case .OP_WRITE, .OP_COMMIT:
          // What a stock client takes to the metadata server.
          try run.refuse(opnum, .NFS4ERR_PNFS_NO_LAYOUT)
        default:
          guard try sessions.performSessionOperation(opnum, &run, &encoder) else {
            return try run.refuse(opnum)
          }
        }
      }
    }
    let results = sessions.close(&run)
    connection.reply(xid: xid, .success, results: results)
  }

  private func result(of plan: ReadPlan) throws(Nfsstat4) -> READ4resok {
    switch plan.outcome(blockBytes: reader.blockBytes, limitBytes: limits.readBytes) {
    case .refused(let status):
      counters.refused(status)
      throw status
    case .data(let slices, let eof):
      var total = 0
      for (slice, source) in zip(slices, plan.sources) {
        counters.answered(slice.readableBytes, from: source)
        total += slice.readableBytes
      }
      counters.read(total)
      return READ4resok(eof: eof, data: slices)
    }
  }

  /// Clients are gone: their grants go with them.
  static func dropped(_ records: [ClientRecord], from grants: GrantStore) {
    grants.drop(ownClients: records.map(\.clientid))
  }
}
