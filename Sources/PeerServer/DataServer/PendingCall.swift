import BlockCache
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Transport

/// A COMPOUND whose READs lack grants or blocks: gets them without blocking, and answers when all
/// are there or the time is up. Belongs to the connection's event loop.
///
///     for each READ: grant? ─ask─▶ grant ─▶ blocks? ─load─▶ all there
///     all READs ready, or out of time ─▶ grants still hold? ─▶ answered
///
/// What was asked for goes on after an answer for want of time, and serves the next READ.
final class PendingCall: @unchecked Sendable {
  // Everything below is touched on `loop` only, which every entry asserts.
  private let server: DataServer
  private let run: CompoundRun
  private var plans: [ReadPlan]
  private let xid: UInt32
  private let credential: OpaqueAuth
  private let connection: RPCConnection
  private var outstanding = 0
  private var isAnswered = false
  private var timer: Scheduled<Void>?
  private var watchdog: Scheduled<Void>?

  private var loop: any EventLoop { connection.eventLoop }

  init(
    server: DataServer, run: CompoundRun, plans: [ReadPlan], xid: UInt32, credential: OpaqueAuth,
    connection: RPCConnection
  ) {
    self.server = server
    self.run = run
    self.plans = plans
    self.xid = xid
    self.credential = credential
    self.connection = connection
  }

  func start() {
    loop.assertInEventLoop()
    timer = loop.scheduleTask(in: server.limits.preparation) { self.timeIsUp() }
    watchdog = loop.scheduleTask(in: server.limits.unanswered) { [connection] in
      connection.close()
    }
    outstanding = 1
    for index in plans.indices {
      guard let key = plans[index].key, plans[index].refusal == nil else { continue }
      if plans[index].grant == nil {
        askForGrant(index, key)
      } else {
        load(index)
      }
    }
    finished()
  }

  private func askForGrant(_ index: Int, _ key: GrantKey) {
    let client = server.sessions.withTable { $0.client(key.client)?.owner }
    guard let client, let handle = plans[index].handle else {
      plans[index].refusal = .NFS4ERR_PNFS_NO_LAYOUT
      return
    }
    // What outlives the request must not keep the buffer it came in.
    let ownKey = GrantKey(
      client: key.client, stateid: key.stateid, handle: key.handle.detached(),
      principal: key.principal)
    plans[index].key = ownKey
    let stateid = plans[index].arguments.stateid
    let (from, cred) = (fromAddress, credential.xdr)
    outstanding += 1
    server.broker.acquire(
      ownKey,
      asking: PROXY_OPEN4args(
        fh: handle.detached(), stateid: stateid, access: 1, client: client, cred: cred,
        from: from)
    ) { outcome in
      self.onLoop { self.granted(index, outcome) }
    }
  }

  private var fromAddress: Netaddr4 {
    let port = UInt16(clamping: connection.remoteAddress?.port ?? 0)
    return Uaddr(bytes: connection.remoteAddressBytes, port: port)?.netaddr
      ?? Netaddr4(netid: Netaddr4.tcp, addr: Array("0.0.0.0.0.0".utf8))
  }

  private func granted(_ index: Int, _ outcome: GrantBroker.Outcome) {
    guard !isAnswered else { return }
    switch outcome {
    case .failure(let status): plans[index].refusal = status
    case .success(let grant):
      plans[index].grant = grant
      if !server.takeFromMemory(&plans[index], grant) { load(index) }
    }
    finished()
  }

  private func load(_ index: Int) {
    guard let grant = plans[index].grant else { return }
    for place in plans[index].blocks.indices where plans[index].blocks[place] == nil {
      outstanding += 1
      let block = plans[index].firstBlock + UInt32(place)
      server.reader.load(block, of: grant.file) { result in
        self.onLoop { self.loaded(index, place, result) }
      }
    }
  }

  private func loaded(_ index: Int, _ place: Int, _ result: Result<LoadedBlock, BlockFailure>) {
    guard !isAnswered else { return }
    switch result {
    case .success(let block):
      plans[index].blocks[place] = block.bytes
      plans[index].sources[place] = block.source
    case .failure: plans[index].refusal = .NFS4ERR_PNFS_NO_LAYOUT
    }
    finished()
  }

  private func onLoop(_ body: @escaping @Sendable () -> Void) {
    // Never at once, even on this loop: what completes while it is being asked for would come
    // back in the middle of asking.
    loop.execute(body)
  }

  private func finished() {
    loop.assertInEventLoop()
    outstanding -= 1
    if outstanding == 0 { answer() }
  }

  private func timeIsUp() {
    guard !isAnswered else { return }
    server.counters.timedOut.wrappingAdd(1, ordering: .relaxed)
    answer()
  }

  private func answer() {
    guard !isAnswered else { return }
    isAnswered = true
    timer?.cancel()
    watchdog?.cancel()
    let now = MonotonicClock.now()
    for index in plans.indices {
      guard plans[index].refusal == nil, let key = plans[index].key else { continue }
      // The grant may have gone while its blocks came.
      guard let grant = plans[index].grant, server.grants.holds(grant, for: key, now: now) else {
        plans[index].refusal = .NFS4ERR_PNFS_NO_LAYOUT
        continue
      }
    }
    server.answer(run, plans, xid: xid, on: connection)
    plans = []
  }
}
