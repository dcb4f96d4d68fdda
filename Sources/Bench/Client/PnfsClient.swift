import BlockCache
public import Logging
public import NFSv4
public import NIOCore
import Synchronization
import XDR

/// A client of a metadata server that reads by layouts from data servers, as a stock Linux client
/// does, and notes what it met.
///
/// State belongs to one lock. Everything that a reply grants is noted on the event loop it came
/// on, so before a callback that takes it back.
public final class PnfsClient: Sendable {
  /// What a client met; all of them only grow.
  public struct Counters: Codable, Hashable, Sendable {
    public var dataServerReads = 0
    public var dataServerBytes = 0
    public var metadataServerReads = 0
    public var metadataServerBytes = 0
    public var opens = 0
    public var layoutsGranted = 0
    public var layoutsRefused = 0
    public var layoutsRecalled = 0
    public var layoutsReturned = 0
    public var delegationsGranted = 0
    public var delegationsRecalled = 0
    public var dataServerSessions = 0
    /// READs that a data server did not answer with data, by what it answered.
    public var refusals: [String: Int] = [:]

    public init() {}
  }

  /// A file that is open for reading.
  public struct OpenFile: Sendable {
    public let handle: NfsFh4
    /// Bytes, when it was opened.
    public let size: UInt64
    let stateid: Stateid4
  }

  /// What a READ gave.
  public struct ReadReply: Sendable {
    /// A slice of the reply; shorter than what was asked for where the server had no more at
    /// hand, not only at the end of the file.
    public let data: ByteBuffer
    public let isEOF: Bool
    /// From a data server, by a layout.
    public let isFromDataServer: Bool
  }

  enum DataServer: Sendable {
    case connecting
    case ready(ClientSession)
  }

  /// What a READ waits for before it can be sent.
  enum Awaited: Hashable, Sendable {
    case layout(NfsFh4)
    case device(Deviceid4)
    case server(ServerAddress)
  }

  struct State: Sendable {
    var layouts = LayoutTable()
    var devices = DeviceTable()
    var servers: [ServerAddress: DataServer] = [:]
    /// Read delegations by file.
    var delegations: [NfsFh4: Stateid4] = [:]
    var directories: [[Component4]: NfsFh4] = [:]
    var waiting: [Awaited: [PendingRead]] = [:]
    var counters = Counters()
    /// The metadata server's; data servers have the same (RFC 8881 §13.1.1).
    var leaseSeconds: UInt32 = 30
    var isClosed = false
  }

  /// Directories whose handles are remembered; at the limit all are forgotten.
  static let directoryLimit = 16_384

  let state = Mutex(State())
  let mds: ClientSession
  let identity: ClientIdentity
  let group: any EventLoopGroup
  let logger: Logger

  private init(
    mds: ClientSession, identity: ClientIdentity, group: any EventLoopGroup, logger: Logger
  ) {
    self.mds = mds
    self.identity = identity
    self.group = group
    self.logger = logger
  }

  /// Makes a session with the metadata server and learns its lease.
  public static func mount(
    _ server: ServerAddress, as identity: ClientIdentity, group: any EventLoopGroup,
    logger: Logger
  ) async throws -> PnfsClient {
    let mds = ClientSession(
      ClientSession.Configuration(server: server, identity: identity, role: .metadata),
      group: group, logger: logger)
    let client = PnfsClient(mds: mds, identity: identity, group: group, logger: logger)
    try await mds.start(handler: client)
    let lease = try await mds.call { builder in
      builder.append(PUTROOTFH.self, Void4())
      builder.append(
        GETATTR.self, GETATTR4args(attrRequest: Bitmap4(attributes: [FATTR4.LEASE_TIME])))
    } read: { results throws(CompoundError) in
      _ = try results.next(PUTROOTFH.self)
      return try results.attributes().leaseTime
    }
    if let lease {
      mds.setLease(seconds: lease)
      client.state.withLock { $0.leaseSeconds = lease }
    }
    return client
  }

  /// What was met up to now.
  public var counters: Counters {
    state.withLock { state in
      var counters = state.counters
      counters.layoutsGranted = state.layouts.grantedCount
      counters.layoutsRecalled = state.layouts.recalledCount
      return counters
    }
  }

  /// Returns layouts and delegations, and ends all sessions. What is open is not closed: the
  /// server drops it with the client ID.
  public func unmount() async {
    let (delegations, servers, reads) = state.withLock { state in
      state.isClosed = true
      defer {
        state.delegations = [:]
        state.servers = [:]
        state.waiting = [:]
      }
      return (state.delegations, state.servers, state.waiting.values.flatMap { $0 })
    }
    for read in reads { read.completion(.failure(.closed)) }
    _ = try? await mds.call { builder in
      builder.append(
        LAYOUTRETURN.self,
        LAYOUTRETURN4args(
          reclaim: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY,
          layoutreturn: .all))
    } read: { results throws(CompoundError) in
      _ = try results.next(LAYOUTRETURN.self)
    }
    await withTaskGroup { tasks in
      for (file, stateid) in delegations {
        tasks.addTask { try? await self.returnDelegation(stateid, of: file) }
      }
    }
    for case .ready(let session) in servers.values { await session.close() }
    await mds.close()
  }

  func returnDelegation(_ stateid: Stateid4, of file: NfsFh4) async throws {
    try await mds.call { builder in
      builder.append(PUTFH.self, PUTFH4args(object: file))
      builder.append(DELEGRETURN.self, DELEGRETURN4args(delegStateid: stateid))
    } read: { results throws(CompoundError) in
      _ = try results.next(PUTFH.self)
      _ = try results.next(DELEGRETURN.self)
    }
  }
}

extension PnfsClient: CallbackHandler {
  public func layoutRecalled(_ arguments: CB_LAYOUTRECALL4args) -> Nfsstat4 {
    state.withLock { $0.layouts.recall(arguments) }
  }

  /// Opens go on by their own stateids, so there is nothing to claim before it is returned.
  public func delegationRecalled(_ arguments: CB_RECALL4args) -> Nfsstat4 {
    let file = arguments.fh.detached()
    let verdict = state.withLock { state -> Nfsstat4 in
      guard let held = state.delegations[file] else { return .NFS4ERR_BADHANDLE }
      guard held.other == arguments.stateid.other else { return .NFS4ERR_BAD_STATEID }
      state.delegations[file] = nil
      state.counters.delegationsRecalled += 1
      return .NFS4_OK
    }
    if verdict == .NFS4_OK {
      let stateid = arguments.stateid
      Task { try? await self.returnDelegation(stateid, of: file) }
    }
    return verdict
  }

  /// Gives back what is asked for: delegations, and layouts that are not in use.
  public func someRecalled(_ arguments: CB_RECALL_ANY4args) {
    guard arguments.typeMask.contains(bit: Rca4TypeMask.RDATA_DLG) else { return }
    let excess = state.withLock { state in
      let count = max(0, state.delegations.count - Int(arguments.objectsToKeep))
      let excess = Array(state.delegations.prefix(count))
      for (file, _) in excess { state.delegations[file] = nil }
      return excess
    }
    guard !excess.isEmpty else { return }
    Task {
      for (file, stateid) in excess { try? await self.returnDelegation(stateid, of: file) }
    }
  }

  public func devicesChanged(_ arguments: CB_NOTIFY_DEVICEID4args) {
    let devices = arguments.changes.compactMap { Self.device($0) }
    state.withLock { state in
      for device in devices { state.devices.forget(device) }
    }
  }

  private static func device(_ change: Notify4) -> Deviceid4? {
    if change.mask.contains(bit: Int(NotifyDeviceidType4.NOTIFY_DEVICEID4_DELETE.rawValue)) {
      return (try? NotifyDeviceidDelete4(xdr: change.vals))?.deviceid
    }
    return (try? NotifyDeviceidChange4(xdr: change.vals))?.deviceid
  }
}

extension CompoundResultsOf where Opnum == NfsOpnum4 {
  /// Reads the result of GETATTR.
  mutating func attributes() throws(CompoundError) -> FileAttributes {
    let fattr = try next(GETATTR.self).objAttributes
    do throws(XDRError) {
      return try FileAttributes(decoding: fattr)
    } catch {
      throw .malformed(error)
    }
  }
}
