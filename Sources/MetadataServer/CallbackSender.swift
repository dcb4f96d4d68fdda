import Collections
import Logging
import NFSServer
import NFSv4
import NIOCore
import Synchronization
import Transport

/// Carries out the directives of the state tables: callbacks to clients and data servers, each
/// repeated until it is answered or a lease has passed.
///
/// A client has one queue; as many of its callbacks are under way as its backchannel has slots.
final class CallbackSender<OpenFile: Sendable>: Sendable {
  /// What came of a callback, for the state tables.
  enum Outcome: Sendable {
    case answered(Nfsstat4)
    /// No answer for a whole lease: the other side is as good as dead.
    case abandoned
  }

  private struct Job: Sendable {
    let directive: MetadataDirective
    let deadline: NIODeadline
  }

  private struct Queue {
    var waiting: Deque<Job> = []
    var isRetryScheduled = false
  }

  /// Callbacks that wait for one client. Beyond, the oldest are given up: the lease ends what they
  /// would have ended.
  private static var waitingLimit: Int { 200_000 }
  private static var retryDelay: TimeAmount { .milliseconds(100) }
  private static var answerTimeout: TimeAmount { .seconds(10) }

  private let sessions: SessionService
  private let loop: any EventLoop
  private let lease: TimeAmount
  private let logger: Logger
  private let connection: @Sendable (UInt64) -> RPCConnection?
  private let settle: @Sendable (MetadataDirective, Outcome) -> Void
  private let queues = Mutex<[Clientid4: Queue]>([:])

  /// - Parameters:
  ///   - connection: an open connection by its id.
  ///   - settle: is told what came of each directive.
  init(
    sessions: SessionService, loop: any EventLoop, logger: Logger,
    connection: @escaping @Sendable (UInt64) -> RPCConnection?,
    settle: @escaping @Sendable (MetadataDirective, Outcome) -> Void
  ) {
    self.sessions = sessions
    self.loop = loop
    self.lease = .seconds(Int64(sessions.identity.leaseSeconds))
    self.logger = logger
    self.connection = connection
    self.settle = settle
  }

  /// Sends callbacks, in order for each client.
  func issue(_ directives: [MetadataDirective]) {
    guard !directives.isEmpty else { return }
    let deadline = NIODeadline.now() + lease
    var clients: Set<Clientid4> = []
    queues.withLock { queues in
      for directive in directives {
        let client = directive.addressee
        clients.insert(client)
        queues[client, default: Queue()].waiting.append(
          Job(directive: directive, deadline: deadline))
        if queues[client]?.waiting.count ?? 0 > Self.waitingLimit {
          _ = queues[client]?.waiting.popFirst()
        }
      }
    }
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
      guard NIODeadline.now() < job.deadline else {
        settle(job.directive, .abandoned)
        continue
      }
      guard let ticket = sessions.withTable({ $0.takeBackSlot(client) }) else {
        putBack(job, client)
        return
      }
      send(job, with: ticket)
    }
  }

  private func putBack(_ job: Job, _ client: Clientid4) {
    let mustSchedule = queues.withLock { queues in
      queues[client, default: Queue()].waiting.prepend(job)
      if queues[client]?.isRetryScheduled == true { return false }
      queues[client]?.isRetryScheduled = true
      return true
    }
    guard mustSchedule else { return }
    loop.scheduleTask(in: Self.retryDelay) {
      self.queues.withLock { $0[client]?.isRetryScheduled = false }
      self.pump(client)
    }
  }

  private func send(_ job: Job, with ticket: BackchannelTicket) {
    guard let connection = connection(ticket.connection) else {
      sessions.withTable { $0.releaseBackSlot(ticket, wasSeen: false) }
      putBack(job, ticket.clientid)
      return
    }
    var compound = CbCompoundBuilder(minorversion: 1)
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
      let (wasSeen, status) = Self.status(result, of: job.directive)
      self.sessions.withTable { $0.releaseBackSlot(ticket, wasSeen: wasSeen) }
      self.finish(job, client: ticket.clientid, status: status)
    }
  }

  /// Whether CB_SEQUENCE succeeded, and the status of the callback itself; nil: it was not run.
  private static func status(
    _ result: Result<ByteBuffer, any Error>, of directive: MetadataDirective
  ) -> (Bool, Nfsstat4?) {
    guard case .success(let bytes) = result, var results = try? CbCompoundResults(bytes),
      (try? results.next(CB_SEQUENCE.self)) != nil
    else { return (false, nil) }
    return (true, results.status)
  }

  private func finish(_ job: Job, client: Clientid4, status: Nfsstat4?) {
    switch status {
    case nil, .NFS4ERR_DELAY:
      guard NIODeadline.now() < job.deadline else {
        settle(job.directive, .abandoned)
        break
      }
      putBack(job, client)
      return
    case .some(let status):
      settle(job.directive, .answered(status))
    }
    pump(client)
  }
}

extension MetadataDirective {
  /// Whom the callback goes to.
  fileprivate var addressee: Clientid4 {
    switch self {
    case .recallLayout(let layout): layout.clientid
    case .recallDelegation(let delegation): delegation.clientid
    case .revokeGrants(let server, _, _): server
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
    case .revokeGrants(_, let reader, let stateids):
      compound.append(
        CB_PROXY_REVOKE.self,
        CB_PROXY_REVOKE4args(clientid: reader, all: stateids == nil, stateids: stateids ?? []))
    }
  }
}
