import Collections
import Logging
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Synchronization
import Transport

/// What callbacks are sent on.
protocol CallbackPath: Sendable {
  /// Calls a procedure of the client. Any thread.
  func call(
    program: UInt32, version: UInt32, procedure: UInt32, credential: OpaqueAuth,
    arguments: ByteBuffer, timeout: TimeAmount
  ) -> EventLoopFuture<ByteBuffer>
}

extension RPCConnection: CallbackPath {}

/// Carries out the directives of the state tables: callbacks to clients and data servers, each
/// repeated until it is answered or a lease has passed.
///
/// A client has one queue; as many of its callbacks are under way as its backchannel has slots.
final class CallbackSender<OpenFile: Sendable>: Sendable {
  /// What came of a callback, for the state tables.
  enum Outcome: Sendable {
    case answered(Nfsstat4)
    /// What CB_GETATTR was answered.
    case attributes(FileAttributes)
    /// No answer for a whole lease: the other side is as good as dead.
    case abandoned
  }

  private struct Job: Sendable {
    let directive: MetadataDirective
    let deadline: NIODeadline
    /// The slot that it was sent with and whose answer did not come: it is sent again as it was.
    var ticket: BackchannelTicket?
    /// How often the client said that it knows no such delegation.
    var denials = 0
  }

  private struct Queue {
    var waiting: Deque<Job> = []
    var isRetryScheduled = false
  }

  /// Callbacks that wait for one client. Beyond, the oldest are given up: the lease ends what they
  /// would have ended.
  private static var waitingLimit: Int { 200_000 }
  private static var answerTimeout: TimeAmount { .seconds(10) }
  /// A recall can overtake the reply that grants what is recalled: so often the client's word that
  /// it has no such delegation is not taken.
  private static var denialLimit: Int { 3 }

  private let sessions: SessionService
  private let loop: any EventLoop
  private let lease: TimeAmount
  private let logger: Logger
  private let now: @Sendable () -> NIODeadline
  private let retryDelay: TimeAmount
  private let connection: @Sendable (UInt64) -> (any CallbackPath)?
  private let settle: @Sendable (MetadataDirective, Outcome) -> Void
  private let queues = Mutex<[Clientid4: Queue]>([:])

  /// - Parameters:
  ///   - now: the clock that the lease is measured on.
  ///   - retryDelay: after this long what could not be sent, or was put off, is sent again.
  ///   - connection: an open connection by its id.
  ///   - settle: is told what came of each directive.
  init(
    sessions: SessionService, loop: any EventLoop, logger: Logger,
    now: @escaping @Sendable () -> NIODeadline = { .now() },
    retryDelay: TimeAmount = .milliseconds(100),
    connection: @escaping @Sendable (UInt64) -> (any CallbackPath)?,
    settle: @escaping @Sendable (MetadataDirective, Outcome) -> Void
  ) {
    self.sessions = sessions
    self.loop = loop
    self.lease = .seconds(Int64(sessions.identity.leaseSeconds))
    self.logger = logger
    self.now = now
    self.retryDelay = retryDelay
    self.connection = connection
    self.settle = settle
  }

  /// Sends callbacks, in order for each client.
  func issue(_ directives: [MetadataDirective]) {
    guard !directives.isEmpty else { return }
    let deadline = now() + lease
    var clients: Set<Clientid4> = []
    let excess = queues.withLock { queues in
      var excess: [Job] = []
      for directive in directives {
        let client = directive.addressee
        clients.insert(client)
        queues[client, default: Queue()].waiting.append(
          Job(directive: directive, deadline: deadline))
        if queues[client]?.waiting.count ?? 0 > Self.waitingLimit {
          if let oldest = queues[client]?.waiting.popFirst() { excess.append(oldest) }
        }
      }
      return excess
    }
    for job in excess { abandon(job) }
    for client in clients { pump(client) }
  }

  /// Clients are gone: nothing can be said to them any more.
  func forget(_ clients: [Clientid4]) {
    queues.withLock { queues in
      for client in clients { queues[client] = nil }
    }
  }

  /// Sends as many waiting callbacks as there are slots.
  private func pump(_ client: Clientid4) {
    while true {
      let job = queues.withLock { queues -> Job? in
        let job = queues[client]?.waiting.popFirst()
        if queues[client]?.waiting.isEmpty == true, queues[client]?.isRetryScheduled == false {
          queues[client] = nil
        }
        return job
      }
      guard let job else { return }
      guard now() < job.deadline else {
        abandon(job)
        continue
      }
      guard let ticket = ticket(for: job, client) else {
        putBack(job, client)
        return
      }
      send(job, with: ticket)
    }
  }

  private func ticket(for job: Job, _ client: Clientid4) -> BackchannelTicket? {
    sessions.withTable { table in
      guard let former = job.ticket, table.hasSession(of: former) else {
        return table.takeBackSlot(client)
      }
      return table.renewed(former)
    }
  }

  private func abandon(_ job: Job) {
    if let ticket = job.ticket { sessions.withTable { $0.releaseBackSlot(ticket, .seen) } }
    settle(job.directive, .abandoned)
  }

  private func putBack(_ job: Job, _ client: Clientid4) {
    let mustSchedule = queues.withLock { queues in
      queues[client, default: Queue()].waiting.prepend(job)
      if queues[client]?.isRetryScheduled == true { return false }
      queues[client]?.isRetryScheduled = true
      return true
    }
    guard mustSchedule else { return }
    loop.scheduleTask(in: retryDelay) {
      self.queues.withLock { $0[client]?.isRetryScheduled = false }
      self.pump(client)
    }
  }

  private func send(_ job: Job, with ticket: BackchannelTicket) {
    guard let connection = connection(ticket.connection) else {
      if job.ticket == nil { sessions.withTable { $0.releaseBackSlot(ticket, .unseen) } }
      putBack(job, ticket.clientid)
      return
    }
    var compound = CbCompoundBuilder(minorversion: ticket.minorversion)
    compound.append(
      CB_SEQUENCE.self,
      CB_SEQUENCE4args(
        sessionid: ticket.sessionid, sequenceid: ticket.sequenceid, slotid: ticket.slotid,
        highestSlotid: ticket.highestSlotid, cachethis: false, referringCallLists: []))
    job.directive.append(to: &compound)
    connection.call(
      program: ticket.program, version: NFS4.cbVersion, procedure: NFS4.CB_COMPOUND,
      credential: ticket.credential, arguments: compound.finish(), timeout: Self.answerTimeout
    ).whenComplete { result in
      self.finish(job, ticket: ticket, Self.answer(result, to: job.directive))
    }
  }

  private enum Answer {
    /// The callback was run, or refused.
    case status(Nfsstat4)
    case attributes(FileAttributes)
    /// CB_SEQUENCE was refused.
    case refused(Nfsstat4)
    /// The client may or may not have run it.
    case unknown
  }

  private static func answer(
    _ result: Result<ByteBuffer, any Error>, to directive: MetadataDirective
  ) -> Answer {
    guard case .success(let bytes) = result, var results = try? CbCompoundResults(bytes) else {
      return .unknown
    }
    do throws(CbCompoundError) {
      _ = try results.next(CB_SEQUENCE.self)
      if case .askWriter = directive, results.status == .NFS4_OK {
        let answer = try results.next(CB_GETATTR.self)
        guard let attributes = try? FileAttributes(decoding: answer.objAttributes) else {
          return .status(.NFS4ERR_BADXDR)
        }
        return .attributes(attributes)
      }
      return .status(results.status)
    } catch {
      if case .status(let status, _) = error { return .refused(status) }
      return .unknown
    }
  }

  private func finish(_ job: Job, ticket: BackchannelTicket, _ answer: Answer) {
    var job = job
    switch answer {
    case .unknown:
      job.ticket = ticket
      return again(job, ticket.clientid)
    case .refused(let status):
      let fate: CallbackFate =
        switch status {
        // It was run, and its answer not kept.
        case .NFS4ERR_RETRY_UNCACHED_REP, .NFS4ERR_SEQ_FALSE_RETRY: .seen
        case .NFS4ERR_SEQ_MISORDERED: .misordered
        default: .unseen
        }
      sessions.withTable { $0.releaseBackSlot(ticket, fate) }
      job.ticket = nil
      return again(job, ticket.clientid)
    case .attributes(let attributes):
      sessions.withTable { $0.releaseBackSlot(ticket, .seen) }
      settle(job.directive, .attributes(attributes))
      pump(ticket.clientid)
    case .status(let status):
      sessions.withTable { $0.releaseBackSlot(ticket, .seen) }
      job.ticket = nil
      if status == .NFS4ERR_DELAY || isTooEarly(status, &job) {
        return again(job, ticket.clientid)
      }
      settle(job.directive, .answered(status))
      pump(ticket.clientid)
    }
  }

  /// Whether a recall may have come before the reply that granted the delegation.
  private func isTooEarly(_ status: Nfsstat4, _ job: inout Job) -> Bool {
    guard case .recallDelegation = job.directive,
      status == .NFS4ERR_BAD_STATEID || status == .NFS4ERR_BADHANDLE
    else { return false }
    job.denials += 1
    return job.denials < Self.denialLimit
  }

  /// Sends it again a little later, unless it is too late.
  private func again(_ job: Job, _ client: Clientid4) {
    guard now() < job.deadline else {
      abandon(job)
      pump(client)
      return
    }
    putBack(job, client)
  }
}

extension MetadataDirective {
  /// Whom the callback goes to.
  fileprivate var addressee: Clientid4 {
    switch self {
    case .recallLayout(let layout): layout.clientid
    case .recallDelegation(let delegation): delegation.clientid
    case .askWriter(let delegation): delegation.clientid
    case .revokeGrants(let revocation): revocation.server
    case .notifyLock(let notice): notice.clientid
    }
  }

  fileprivate func append(to compound: inout CbCompoundBuilder) {
    switch self {
    case .recallLayout(let layout):
      compound.append(
        CB_LAYOUTRECALL.self,
        CB_LAYOUTRECALL4args(
          type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, changed: false,
          recall: .file(
            LayoutrecallFile4(
              fh: layout.file, offset: 0, length: NFS4.UINT64_MAX, stateid: layout.stateid))))
    case .recallDelegation(let delegation):
      compound.append(
        CB_RECALL.self,
        CB_RECALL4args(stateid: delegation.stateid, truncate: false, fh: delegation.file))
    case .askWriter(let delegation):
      compound.append(
        CB_GETATTR.self,
        CB_GETATTR4args(
          fh: delegation.file, attrRequest: Bitmap4(attributes: [FATTR4.CHANGE, FATTR4.SIZE])))
    case .revokeGrants(let revocation):
      compound.append(
        CB_PROXY_REVOKE.self,
        CB_PROXY_REVOKE4args(
          clientid: revocation.reader, all: revocation.stateids == nil,
          stateids: revocation.stateids ?? []))
    case .notifyLock(let notice):
      compound.append(
        CB_NOTIFY_LOCK.self,
        CB_NOTIFY_LOCK4args(
          fh: notice.file,
          lockOwner: StateOwner4(clientid: notice.clientid, owner: notice.owner)))
    }
  }
}
