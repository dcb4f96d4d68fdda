import Logging
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
import Synchronization
import Transport
import XDR

/// A metadata server or data server of one file, that does what a test tells it.
final class ScriptedServer: RPCService {
  struct Script: Sendable {
    var content: [UInt8] = []
    /// What LAYOUTGET ends with; with NFS4_OK a layout of `dataServerPort` is granted.
    var layoutStatus = Nfsstat4.NFS4_OK
    /// The same for LAYOUTGET within OPEN, if it is another.
    var layoutStatusInOpen: Nfsstat4?
    var returnOnClose = false
    var grantsDelegation = false
    /// Where GETDEVICEINFO says that the data server is.
    var dataServerPort = 1
    /// What READs end with, in order; NFS4_OK once they are used up.
    var readStatuses: [Nfsstat4] = []
    /// READs get this many bytes at most.
    var readLimit = Int.max
    /// READs are not answered until this is false again.
    var holdsReads = false
    /// READs get bytes with one changed.
    var corrupts = false
    /// Connections are closed as they are made.
    var refuses = false
  }

  struct Seen: Sendable {
    var operations: [NfsOpnum4] = []
    var reads: [READ4args] = []
    var returnedLayouts: [Stateid4] = []
    var returnedDelegations: [Stateid4] = []
    var clientid: Clientid4?
    var connections: [UInt64: RPCConnection] = [:]
    var owners: Set<ClientOwner4> = []
    var connectionCount = 0
  }

  static let root = NfsFh4(ByteBuffer(string: "root"))
  static let handle = NfsFh4(ByteBuffer(string: "the file"))
  static let dataServerHandle = NfsFh4(ByteBuffer(string: "the file, by a layout"))
  static let open = Stateid4(seqid: 1, other: StateidOther(high: 1, low: 1))
  static let delegation = Stateid4(seqid: 1, other: StateidOther(high: 2, low: 2))
  static let layoutOther = StateidOther(high: 3, low: 3)
  static let device = Deviceid4(high: 4, low: 4)

  let script: Mutex<Script>
  let seen = Mutex(Seen())
  private let sessions: Mutex<SessionService>
  private let roles: Exchgid4Flags
  private let layoutSeqid = Mutex<UInt32>(0)
  private let listener = Mutex<RPCListener?>(nil)
  private let held = Mutex<[@Sendable () -> Void]>([])

  private init(_ script: Script, roles: Exchgid4Flags) {
    self.script = Mutex(script)
    self.roles = roles
    sessions = Mutex(Self.service(roles, instance: 1))
  }

  private static func service(_ roles: Exchgid4Flags, instance: UInt32) -> SessionService {
    let start = ContinuousClock.now
    return SessionService(
      identity: ServerIdentity(
        owner: ServerOwner4(minorId: 0, majorId: [UInt8(truncatingIfNeeded: instance)]),
        scope: [1], roles: roles, implementation: nil, instance: instance, leaseSeconds: 90),
      now: { start.duration(to: .now) }, hasState: { _ in false }, onDropped: { _ in })
  }

  static func start(
    _ script: Script, roles: Exchgid4Flags, on group: any EventLoopGroup
  ) async throws -> ScriptedServer {
    let server = ScriptedServer(script, roles: roles)
    let listener = try await RPCListener.bind(
      host: "127.0.0.1", port: 0, group: group, service: server, limits: RPCConnectionLimits(),
      connectionLimit: 100, logger: Logger(label: "test"))
    server.listener.withLock { $0 = listener }
    return server
  }

  var port: Int { listener.withLock { $0?.localAddress?.port ?? 0 } }

  func stop() async {
    let listener = listener.withLock { $0 }
    await listener?.close()
    cut()
  }

  /// READs that are held back.
  var heldCount: Int { held.withLock { $0.count } }

  /// From now on closes every connection, as it is made.
  func refuse() {
    set { $0.refuses = true }
    cut()
  }

  /// Closes every connection; sessions stay.
  func cut() { for connection in seen.withLock({ $0.connections.values }) { connection.close() } }

  /// Forgets all clients and sessions, as a server that was started anew.
  func forget() {
    let roles = roles
    sessions.withLock { $0 = Self.service(roles, instance: 2) }
  }

  func set(_ change: (inout Script) -> Void) { script.withLock { change(&$0) } }

  /// Answers what was held back.
  func release() {
    set { $0.holdsReads = false }
    let finish = held.withLock { held in
      defer { held = [] }
      return held
    }
    for body in finish { body() }
  }

  func count(_ opnum: NfsOpnum4) -> Int {
    seen.withLock { $0.operations.count { $0 == opnum } }
  }

  func opened(_ connection: RPCConnection) {
    seen.withLock { seen in
      seen.connections[connection.id] = connection
      seen.connectionCount += 1
    }
    if script.withLock({ $0.refuses }) { connection.close() }
  }

  func closed(_ connection: RPCConnection) {
    seen.withLock { _ = $0.connections.removeValue(forKey: connection.id) }
    _ = sessions.withLock { $0 }.connectionClosed(connection.id)
  }

  func received(_ call: RPCCall, on connection: RPCConnection) {
    let sessions = sessions.withLock { $0 }
    note(call.arguments)
    let caller = Caller(principal: .sys(uid: 0, gid: 0, gids: []), address: [127, 0, 0, 1])
    switch sessions.open(call.arguments, caller: caller, connection: connection.id) {
    case .reply(let results): connection.reply(xid: call.xid, .success, results: results)
    case .garbage: connection.reply(xid: call.xid, .garbageArgs)
    case .run(let run):
      if let clientid = run.ticket?.clientid { seen.withLock { $0.clientid = clientid } }
      let finish = { @Sendable in
        var run = run
        self.run(&run, sessions)
        connection.reply(xid: call.xid, .success, results: sessions.close(&run))
      }
      if isRead(run.decoder), script.withLock({ $0.holdsReads }) {
        held.withLock { $0.append(finish) }
      } else {
        finish()
      }
    }
  }

  /// What stands alone in its COMPOUND never comes to `run`.
  private func note(_ arguments: ByteBuffer) {
    var decoder = XDRDecoder(arguments)
    guard (try? CompoundArguments(from: &decoder)) != nil,
      let opnum = (try? decoder.uint32()).flatMap({ NfsOpnum4(rawValue: $0) })
    else { return }
    seen.withLock { $0.operations.append(opnum) }
    if opnum == .OP_EXCHANGE_ID, let arguments = try? EXCHANGE_ID4args(from: &decoder) {
      seen.withLock { _ = $0.owners.insert(arguments.clientowner) }
    }
  }

  private func isRead(_ decoder: XDRDecoder) -> Bool {
    var decoder = decoder
    guard (try? decoder.uint32()) == NfsOpnum4.OP_PUTFH.rawValue,
      (try? PUTFH4args(from: &decoder)) != nil
    else { return false }
    return (try? decoder.uint32()) == NfsOpnum4.OP_READ.rawValue
  }

  private func run(_ run: inout CompoundRun, _ sessions: SessionService) {
    while run.remainingOperations > 0 {
      run.step { opnum, run, encoder throws(OperationFailure) in
        seen.withLock { $0.operations.append(opnum) }
        switch opnum {
        case .OP_PUTROOTFH: try run.run(PUTROOTFH.self, &encoder) { _ throws(Nfsstat4) in Void4() }
        case .OP_PUTFH: try run.run(PUTFH.self, &encoder) { _ throws(Nfsstat4) in Void4() }
        case .OP_LOOKUP: try run.run(LOOKUP.self, &encoder) { _ throws(Nfsstat4) in Void4() }
        case .OP_GETFH:
          try run.run(GETFH.self, &encoder) { _ throws(Nfsstat4) in
            GETFH4resok(object: Self.handle)
          }
        case .OP_ACCESS:
          try run.run(ACCESS.self, &encoder) { arguments throws(Nfsstat4) in
            ACCESS4resok(supported: arguments.access, access: .READ)
          }
        case .OP_GETATTR:
          try run.run(GETATTR.self, &encoder) { arguments throws(Nfsstat4) in
            attributes(arguments)
          }
        case .OP_OPEN: try run.run(OPEN.self, &encoder) { _ throws(Nfsstat4) in opened() }
        case .OP_CLOSE:
          try run.run(CLOSE.self, &encoder) { _ throws(Nfsstat4) in
            CLOSE4resok(openStateid: .invalid)
          }
        default: try runPnfs(opnum, &run, &encoder, sessions)
        }
      }
    }
  }

  private func runPnfs(
    _ opnum: NfsOpnum4, _ run: inout CompoundRun, _ encoder: inout XDREncoder,
    _ sessions: SessionService
  ) throws(OperationFailure) {
    switch opnum {
    case .OP_LAYOUTGET:
      try run.run(LAYOUTGET.self, &encoder) { arguments throws(Nfsstat4) in
        try layoutget(arguments)
      }
    case .OP_LAYOUTRETURN:
      try run.run(LAYOUTRETURN.self, &encoder) { arguments throws(Nfsstat4) in
        if case .file(let file) = arguments.layoutreturn {
          seen.withLock { $0.returnedLayouts.append(file.stateid) }
        }
        return LAYOUTRETURN4resok(stateid: nil)
      }
    case .OP_GETDEVICEINFO:
      try run.run(GETDEVICEINFO.self, &encoder) { arguments throws(Nfsstat4) in
        deviceinfo(arguments)
      }
    case .OP_DELEGRETURN:
      try run.run(DELEGRETURN.self, &encoder) { arguments throws(Nfsstat4) in
        seen.withLock { $0.returnedDelegations.append(arguments.delegStateid) }
        return Void4()
      }
    case .OP_READ:
      try run.run(READ.self, &encoder) { arguments throws(Nfsstat4) in try read(arguments) }
    default:
      guard try sessions.performSessionOperation(opnum, &run, &encoder) else {
        return try run.refuse(opnum)
      }
    }
  }

  private func attributes(_ arguments: GETATTR4args) -> GETATTR4resok {
    var attributes = FileAttributes()
    attributes.size = UInt64(script.withLock { $0.content.count })
    attributes.leaseTime = 90
    return GETATTR4resok(objAttributes: Fattr4(attributes, mask: arguments.attrRequest))
  }

  private func opened() -> OPEN4resok {
    let grants = script.withLock { $0.grantsDelegation }
    let nobody = Nfsace4(type: 0, flag: 0, accessMask: 0, who: Array("EVERYONE@".utf8))
    return OPEN4resok(
      stateid: Self.open, cinfo: ChangeInfo4(atomic: false, before: 0, after: 0), rflags: 0,
      attrset: Bitmap4(),
      delegation: grants
        ? .read(
          OpenReadDelegation4(stateid: Self.delegation, recall: false, permissions: nobody))
        : .none)
  }

  private func layoutget(_ arguments: LAYOUTGET4args) throws(Nfsstat4) -> LAYOUTGET4resok {
    let script = script.withLock { $0 }
    let status =
      arguments.stateid == .current
      ? script.layoutStatusInOpen ?? script.layoutStatus : script.layoutStatus
    guard status == .NFS4_OK else { throw status }
    let seqid = layoutSeqid.withLock { seqid in
      seqid += 1
      return seqid
    }
    let body = NfsvFileLayout4(
      deviceid: Self.device, util: NflUtil4(stripeUnitBytes: 1 << 20), firstStripeIndex: 0,
      patternOffset: 0, fhList: [Self.dataServerHandle])
    return LAYOUTGET4resok(
      returnOnClose: script.returnOnClose,
      stateid: Stateid4(seqid: seqid, other: Self.layoutOther),
      layout: [
        Layout4(
          offset: 0, length: NFS4.UINT64_MAX, iomode: .LAYOUTIOMODE4_READ,
          content: LayoutContent4(type: .NFSV4_1_FILES, body: body.xdr))
      ])
  }

  private func deviceinfo(_ arguments: GETDEVICEINFO4args) -> GETDEVICEINFO4resok {
    let port = UInt16(clamping: script.withLock { $0.dataServerPort })
    let address = Uaddr(bytes: [127, 0, 0, 1], port: port).map { [$0.netaddr] } ?? []
    let body = NfsvFileLayoutDsAddr4(stripeIndices: [1], multipathDsList: [[], address])
    return GETDEVICEINFO4resok(
      deviceAddr: DeviceAddr4(layoutType: .NFSV4_1_FILES, addrBody: body.xdr),
      notification: arguments.notifyTypes)
  }

  private func read(_ arguments: READ4args) throws(Nfsstat4) -> READ4resok {
    seen.withLock { $0.reads.append(arguments) }
    let (status, script) = script.withLock { script in
      (script.readStatuses.isEmpty ? .NFS4_OK : script.readStatuses.removeFirst(), script)
    }
    guard status == .NFS4_OK else { throw status }
    let start = min(Int(arguments.offset), script.content.count)
    let count = min(Int(arguments.count), script.readLimit, script.content.count - start)
    var bytes = Array(script.content[start..<start + count])
    if script.corrupts, !bytes.isEmpty { bytes[0] ^= 1 }
    return READ4resok(
      eof: start + count == script.content.count, data: [ByteBuffer(bytes: bytes)])
  }

  // MARK: Callbacks

  /// Sends one callback to the client.
  /// - Returns: what the client answered to it.
  func callback<Op: NfsCbOperation & SendableMetatype>(
    _ operation: Op.Type, _ arguments: Op.Arguments
  ) async throws -> Nfsstat4? {
    let sessions = sessions.withLock { $0 }
    guard let client = seen.withLock({ $0.clientid }),
      let ticket = sessions.withTable({ $0.takeBackSlot(client) }),
      let connection = seen.withLock({ $0.connections[ticket.connection] })
    else { return nil }
    var builder = CbCompoundBuilder(minorversion: 2)
    builder.append(
      CB_SEQUENCE.self,
      CB_SEQUENCE4args(
        sessionid: ticket.sessionid, sequenceid: ticket.sequenceid, slotid: ticket.slotid,
        highestSlotid: ticket.highestSlotid, cachethis: false, referringCallLists: []))
    builder.append(operation, arguments)
    let reply = try await connection.call(
      program: ticket.program, version: NFS4.cbVersion, procedure: NFS4.CB_COMPOUND,
      credential: ticket.credential, arguments: builder.finish(), timeout: .seconds(10)
    ).get()
    sessions.withTable { $0.releaseBackSlot(ticket, .seen) }
    return try CbCompoundResults(reply).status
  }

  /// CB_LAYOUTRECALL of the file's layout.
  func recallLayout() async throws -> Nfsstat4? {
    let seqid = layoutSeqid.withLock { seqid in
      seqid += 1
      return seqid
    }
    return try await callback(
      CB_LAYOUTRECALL.self,
      CB_LAYOUTRECALL4args(
        type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, changed: false,
        recall: .file(
          LayoutrecallFile4(
            fh: Self.handle, offset: 0, length: NFS4.UINT64_MAX,
            stateid: Stateid4(seqid: seqid, other: Self.layoutOther)))))
  }
}
