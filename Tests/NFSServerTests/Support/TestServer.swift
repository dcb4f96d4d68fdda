import NFSServer
import NFSv4
import NIOCore
import ONCRPC
import Placement
import Synchronization
import Testing

/// A metadata server without sockets, on a clock that a test moves.
final class TestServer: Sendable {
  static let leaseSeconds: UInt32 = 90

  let tree = MemoryTree()
  let sessions: SessionService
  let operations: MetadataOperations<MemoryTree>
  private let clock: Mutex<Duration>
  private let issued: Mutex<[MetadataDirective]>
  private let proven: Mutex<Set<UInt64>>
  private let lost: Mutex<[ClientRecord]>
  private let clearedFiles = Mutex<[NfsFh4]>([])
  private let connections = Atomic<UInt64>(1)

  init(
    instance: UInt32 = 0x0a0b_0c0d, limits: SessionLimits = SessionLimits(),
    past: TestPast = TestPast(),
    policy change: (inout MetadataPolicy) -> Void = { _ in }
  ) {
    let shared = Shared()
    var policy = MetadataPolicy(leaseSeconds: Self.leaseSeconds) { _ in Locality() }
    change(&policy)
    clock = Mutex(.seconds(1000))
    issued = Mutex([])
    proven = Mutex([])
    lost = Mutex([])
    sessions = SessionService(
      identity: .test(instance: instance), limits: limits,
      now: { shared.server?.now ?? .zero },
      hasState: { client in
        shared.server?.operations.withState { $0.hasState(client) } ?? false
      },
      onDropped: { shared.server?.dropped($0) })
    operations = MetadataOperations(
      tree: tree, policy: policy, sessions: sessions,
      recovery: Recovery(
        ledger: ReclaimLedger(
          history: past.history, leaseSeconds: Self.leaseSeconds, now: .seconds(1000)),
        now: { shared.server?.now ?? .zero }, store: past.store),
      now: { shared.server?.now ?? .zero },
      isProven: { connection, _ in shared.server?.isProven(connection) ?? false },
      issue: { shared.server?.issue($0) },
      onCleared: { files in shared.server?.clearedFiles.withLock { $0 += files } })
    shared.set(self)
  }

  /// What the parts know of each other.
  private final class Shared: Sendable {
    private let held = Mutex<Weak>(Weak())
    private struct Weak: Sendable { weak var server: TestServer? }
    var server: TestServer? { held.withLock { $0.server } }
    func set(_ server: TestServer) { held.withLock { $0.server = server } }
  }

  var now: Duration { clock.withLock { $0 } }
  func pass(_ duration: Duration) { clock.withLock { $0 += duration } }

  func issue(_ directives: [MetadataDirective]) { issued.withLock { $0 += directives } }
  private func isProven(_ connection: UInt64) -> Bool {
    proven.withLock { $0.contains(connection) }
  }
  func prove(_ connection: UInt64) { _ = proven.withLock { $0.insert(connection) } }

  private func dropped(_ clients: [ClientRecord]) {
    lost.withLock { $0 += clients }
    let now = now
    for client in clients {
      operations.recovery.gone(client)
      let lease = Duration.seconds(Int(Self.leaseSeconds))
      let servesUntil = client.isCutOff ? client.renewed + lease : nil
      issue(
        operations.withState {
          $0.drop(client: client.clientid, servesUntil: servesUntil, now: now)
        })
    }
  }

  /// The clients that are gone.
  var droppedClients: [Clientid4] { lost.withLock { $0.map(\.clientid) } }

  /// What was to be said to clients and data servers since the last look.
  func directives() -> [MetadataDirective] {
    issued.withLock { issued in
      defer { issued = [] }
      return issued
    }
  }

  /// Files that nothing is in the way of any more, since the last look.
  func cleared() -> [NfsFh4] {
    clearedFiles.withLock { files in
      defer { files = [] }
      return files
    }
  }

  func newConnection() -> UInt64 { connections.add(1, ordering: .relaxed).oldValue }

  /// Runs a COMPOUND, and returns the pieces of its reply.
  func reply(
    _ arguments: ByteBuffer, caller: Caller, connection: UInt64
  ) -> ByteBuffer? {
    switch sessions.open(arguments, caller: caller, connection: connection) {
    case .garbage: return nil
    case .reply(let pieces): return pieces.joined
    case .run(var run):
      operations.run(&run)
      return sessions.close(&run).joined
    }
  }
}

/// What a server finds of its former run, and where it puts what the next one is to find.
struct TestPast: Sendable {
  var history = ReclaimHistory()
  var store: @Sendable ([ReclaimChange]) -> Bool = { _ in true }
}

extension TestServer {
  typealias Work = MetadataOperations<MemoryTree>.Work

  /// Begins a COMPOUND, to be run by `advance`.
  func begin(_ arguments: ByteBuffer, _ client: TestClient) -> Work? {
    guard
      case .run(let run) = sessions.open(
        arguments, caller: client.caller, connection: client.connection)
    else { return nil }
    return operations.begin(run)
  }

  /// The reply of a COMPOUND.
  func end(_ work: Work) -> ByteBuffer {
    var run = work.run
    return sessions.close(&run).joined
  }
}

extension MetadataDirective {
  /// What is to be sent, for comparing lists of them.
  var kind: String {
    switch self {
    case .recallLayout: "layout"
    case .revokeGrants(let revocation): revocation.stateids == nil ? "all grants" : "grants"
    case .recallDelegation: "delegation"
    case .notifyLock: "notice"
    case .askWriter: "ask"
    }
  }
}

extension [ByteBuffer] {
  /// All bytes one after the other.
  var joined: ByteBuffer { reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) } }
}

extension ServerIdentity {
  static func test(instance: UInt32 = 0x0a0b_0c0d) -> ServerIdentity {
    ServerIdentity(
      owner: ServerOwner4(minorId: 0, majorId: [1, 2, 3]), scope: [4, 5],
      roles: .USE_PNFS_MDS, implementation: nil, instance: instance,
      leaseSeconds: TestServer.leaseSeconds)
  }
}

func sys(_ uid: UInt32) -> RPCPrincipal { .sys(uid: uid, gid: uid, gids: []) }

/// What something that has to fail failed with.
func status(
  _ body: () throws -> Void, sourceLocation: SourceLocation = #_sourceLocation
) -> Nfsstat4 {
  do {
    try body()
    return .NFS4_OK
  } catch let status as Nfsstat4 {
    return status
  } catch CompoundError.status(let status, _) {
    return status
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
    return .NFS4ERR_SERVERFAULT
  }
}
