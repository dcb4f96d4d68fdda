import BlockCache
import Logging
import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Synchronization
import Transport
import XDR

/// Stored blocks from the metadata server, by READ_BLOCKS on connections of their own: many blocks
/// to a request, several requests on their way, and bounds on all of it.
///
/// A block: waiting → asked for → arrived, or gone, or waiting again (the connection was lost, the
/// server wants patience, or left it out), `attemptLimit` times.
final class BlockFetcher: Sendable {
  typealias Completion = @Sendable (Result<StoredBlock, BlockFailure>) -> Void

  struct Limits: Sendable {
    var connections = 2
    var requestsPerConnection = 4
    /// Plain bytes of one request, at least one block.
    var requestBytes = 2 << 20
    /// Plain bytes on their way.
    var bytesInFlight = 32 << 20
    /// Blocks that wait to be asked for; more are refused.
    var waitingBlocks = 8192
    var attempts = 3
  }

  private struct Pending: Sendable {
    var file: BlockFile
    var isDemand: Bool
    var attempts = 0
    var completion: Completion
  }

  private struct Link: Sendable {
    var connection: RPCConnection
    var requests = 0
  }

  private struct State: Sendable {
    var queue: FetchQueue
    var pending: [BlockKey: Pending] = [:]
    var links: [UInt64: Link] = [:]
    var bytesInFlight = 0
    var isStopped = false
  }

  private let host: String
  private let port: Int
  private let keys: ClusterKeys
  private let blockBytes: Int
  private let limits: Limits
  private let group: any EventLoopGroup
  private let logger: Logger
  private let counters: PeerCounters
  private let onVersionGone: @Sendable (BlockFile) -> Void
  private let state: Mutex<State>

  /// - Parameter onVersionGone: the metadata server has another version of the file, or none.
  init(
    host: String, port: Int, keys: ClusterKeys, blockBytes: Int, group: any EventLoopGroup,
    logger: Logger, counters: PeerCounters, limits: Limits = Limits(),
    onVersionGone: @escaping @Sendable (BlockFile) -> Void
  ) {
    self.host = host
    self.port = port
    self.keys = keys
    self.blockBytes = blockBytes
    self.limits = limits
    self.group = group
    self.logger = logger
    self.counters = counters
    self.onVersionGone = onVersionGone
    state = Mutex(State(queue: FetchQueue(limit: limits.waitingBlocks)))
  }

  // MARK: Connections

  /// Keeps the connections until the task is cancelled.
  func run() async {
    await withTaskGroup(of: Void.self) { tasks in
      for _ in 0..<limits.connections {
        tasks.addTask { await self.keepConnection() }
      }
    }
    stop()
  }

  private func keepConnection() async {
    var backoff = Backoff()
    var random = SystemRandomNumberGenerator()
    while !Task.isCancelled {
      do {
        try await serveOneConnection { backoff.reset() }
      } catch {
        logger.debug("no data connection", metadata: ["error": "\(error)"])
        if state.withLock({ $0.links.isEmpty }) { failAll() }
      }
      let wait = max(.milliseconds(50), backoff.wait(random: &random))
      try? await Task.sleep(for: wait)
    }
  }

  private func serveOneConnection(established: () -> Void) async throws {
    let connection = try await RPCConnector.connect(
      host: host, port: port, group: group, service: NoService(),
      limits: RPCConnectionLimits(recordBytes: limits.requestBytes * 2 + (2 << 20)),
      timeout: .seconds(5), logger: logger)
    try await withTaskCancellationHandler {
      defer { connection.close() }
      try await ClusterProof.prove(
        on: connection, session: Sessionid4(high: 0, low: 0), keys: keys)
      established()
      state.withLock { $0.links[connection.id] = Link(connection: connection) }
      pump()
      try? await connection.channel.closeFuture.get()
      state.withLock { _ = $0.links.removeValue(forKey: connection.id) }
    } onCancel: {
      connection.close()
    }
  }

  private func stop() {
    state.withLock { $0.isStopped = true }
    failAll()
  }

  /// Nobody can be asked: who waits is told so.
  private func failAll() {
    let pending = state.withLock { state in
      defer {
        state.pending = [:]
        state.queue = FetchQueue(limit: limits.waitingBlocks)
      }
      return state.pending
    }
    for (_, block) in pending { block.completion(.failure(.unavailable)) }
  }

  /// Nothing more is asked on this connection.
  private func drop(_ connection: RPCConnection) {
    state.withLock { _ = $0.links.removeValue(forKey: connection.id) }
    connection.close()
  }

  // MARK: Blocks

  /// Asks for a block. It must not be asked for already.
  /// - Parameters:
  ///   - isDemand: somebody waits for it.
  ///   - completion: called once, now or later, on any thread. The bytes are a slice of the reply
  ///     and not verified.
  func fetch(
    _ index: UInt32, of file: BlockFile, isDemand: Bool, completion: @escaping Completion
  ) {
    let key = BlockKey(version: file.version, index: index)
    let isTaken = state.withLock { state in
      guard !state.isStopped, state.pending[key] == nil,
        state.queue.append(index, of: file, isDemand: isDemand)
      else { return false }
      state.pending[key] = Pending(file: file, isDemand: isDemand, completion: completion)
      return true
    }
    guard isTaken else { return completion(.failure(.unavailable)) }
    pump()
  }

  /// Somebody waits for a block that was to be fetched ahead.
  func promote(_ key: BlockKey) {
    state.withLock { state in
      guard state.pending[key] != nil else { return }
      state.pending[key]?.isDemand = true
      state.queue.promote(key.index, of: key.version)
    }
  }

  private struct Sending: Sendable {
    var batch: FetchQueue.Batch
    var connection: RPCConnection
    var bytes: Int
  }

  private func pump() {
    while let sending = state.withLock({ nextSending(&$0) }) { send(sending) }
  }

  private func nextSending(_ state: inout State) -> Sending? {
    guard state.bytesInFlight < limits.bytesInFlight,
      let link = state.links.values.filter({ $0.requests < limits.requestsPerConnection })
        .min(by: { $0.requests < $1.requests }),
      let batch = state.queue.next(blockLimit: max(1, limits.requestBytes / blockBytes))
    else { return nil }
    let bytes = batch.indices.count * blockBytes
    state.bytesInFlight += bytes
    state.links[link.connection.id]?.requests += 1
    return Sending(batch: batch, connection: link.connection, bytes: bytes)
  }

  private func send(_ sending: Sending) {
    let file = sending.batch.file
    let arguments = READ_BLOCKS1args(
      fh: file.handle, change: file.version.change, blockBytes: UInt32(blockBytes),
      indices: sending.batch.indices)
    sending.connection.call(
      program: BlockProtocol.program, version: BlockProtocol.version,
      procedure: BlockProtocol.Procedure.READ_BLOCKS.rawValue, arguments: arguments.xdr,
      timeout: .seconds(10)
    ).whenComplete { result in
      self.state.withLock { state in
        state.bytesInFlight -= sending.bytes
        state.links[sending.connection.id]?.requests -= 1
      }
      self.answered(result, sending)
      self.pump()
    }
  }

  private func answered(_ result: Result<ByteBuffer, any Error>, _ sending: Sending) {
    let batch = sending.batch
    switch result {
    case .failure(let error):
      counters.fetchErrors.wrappingAdd(1, ordering: .relaxed)
      logger.debug("READ_BLOCKS has no answer", metadata: ["error": "\(error)"])
      // After a time-out nothing is known of what may still come.
      drop(sending.connection)
      again(batch.indices, batch.file, after: .zero)
    case .success(let reply):
      guard let answer = try? READ_BLOCKS1res(xdr: reply) else {
        counters.fetchErrors.wrappingAdd(1, ordering: .relaxed)
        drop(sending.connection)
        return again(batch.indices, batch.file, after: .zero)
      }
      switch answer {
      case .ok(let blocks): arrived(blocks, batch)
      case .refused(let status): refused(status, sending)
      }
    }
  }

  private func arrived(_ blocks: [Block1], _ batch: FetchQueue.Batch) {
    var missing = Set(batch.indices)
    for block in blocks {
      guard missing.remove(block.index) != nil,
        let encoding = UInt8(exactly: block.encoding).flatMap(BlockEncoding.init)
      else { continue }
      complete(
        BlockKey(version: batch.file.version, index: block.index),
        .success(
          StoredBlock(
            encoding: encoding, plainBytes: Int(block.plainBytes),
            digest: BlockCache.BlockDigest(high: block.digest.high, low: block.digest.low),
            bytes: block.bytes)))
    }
    // What a reply had no room for is asked for again at once, unless it had room for nothing.
    if !missing.isEmpty {
      again(
        missing.sorted(), batch.file, after: blocks.isEmpty ? .milliseconds(100) : .zero,
        isProgress: !blocks.isEmpty)
    }
  }

  private func refused(_ status: Nfsstat4, _ sending: Sending) {
    let batch = sending.batch
    switch status {
    case .NFS4ERR_STALE, .NFS4ERR_BADHANDLE, .NFS4ERR_NOT_SAME:
      onVersionGone(batch.file)
      fail(batch.indices, batch.file, .versionGone)
    case .NFS4ERR_DELAY, .NFS4ERR_RESOURCE:
      again(batch.indices, batch.file, after: .milliseconds(100))
    default:
      counters.fetchErrors.wrappingAdd(1, ordering: .relaxed)
      logger.warning("READ_BLOCKS refused", metadata: ["status": "\(status)"])
      if status == .NFS4ERR_PERM { drop(sending.connection) }
      fail(batch.indices, batch.file, .unavailable)
    }
  }

  /// Lets blocks wait again, those that have not been asked for too often.
  private func again(
    _ indices: [UInt32], _ file: BlockFile, after delay: Duration, isProgress: Bool = false
  ) {
    var isTooOften: [UInt32] = []
    var left: [UInt32] = []
    state.withLock { state in
      for index in indices {
        let key = BlockKey(version: file.version, index: index)
        guard var block = state.pending[key] else { continue }
        if !isProgress { block.attempts += 1 }
        state.pending[key] = block
        if block.attempts < limits.attempts { left.append(index) } else { isTooOften.append(index) }
      }
    }
    fail(isTooOften, file, .unavailable)
    guard !left.isEmpty else { return }
    if delay == .zero { return requeue(left, file) }
    let waiting = left
    group.any().scheduleTask(in: .nanoseconds(delay.nanoseconds)) { self.requeue(waiting, file) }
  }

  private func requeue(_ indices: [UInt32], _ file: BlockFile) {
    let refused = state.withLock { state in
      indices.filter { index in
        let key = BlockKey(version: file.version, index: index)
        guard let block = state.pending[key] else { return false }
        return !state.queue.append(index, of: file, isDemand: block.isDemand)
      }
    }
    fail(refused, file, .unavailable)
    pump()
  }

  private func fail(_ indices: [UInt32], _ file: BlockFile, _ failure: BlockFailure) {
    for index in indices {
      complete(BlockKey(version: file.version, index: index), .failure(failure))
    }
  }

  private func complete(_ key: BlockKey, _ result: Result<StoredBlock, BlockFailure>) {
    let block = state.withLock { $0.pending.removeValue(forKey: key) }
    block?.completion(result)
  }
}

/// Answers no calls: what a connection that only calls has.
struct NoService: RPCService {
  func opened(_ connection: RPCConnection) {}
  func received(_ call: RPCCall, on connection: RPCConnection) {
    connection.reply(xid: call.xid, .progUnavail)
  }
  func closed(_ connection: RPCConnection) {}
}
