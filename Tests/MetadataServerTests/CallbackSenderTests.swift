import Logging
import NFSServer
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
import Synchronization
import Testing
import XDR

@testable import MetadataServer

/// A client's end of a backchannel, whose answers are a test's.
private final class ScriptedPath: CallbackPath {
  enum Answer {
    /// Statuses of CB_SEQUENCE and of the callback.
    case statuses(Nfsstat4, Nfsstat4)
    case failure(any Error)
  }

  /// What was called: the slot, its sequence id and the callback's number.
  struct Call: Equatable {
    var slotid: UInt32
    var sequenceid: UInt32
    var opnum: UInt32
  }

  private let loop: any EventLoop
  private let state = Mutex<(answers: [Answer], calls: [Call])>(([], []))

  init(_ loop: any EventLoop, _ answers: [Answer] = []) {
    self.loop = loop
    state.withLock { $0.answers = answers }
  }

  var calls: [Call] { state.withLock { $0.calls } }

  func call(
    program: UInt32, version: UInt32, procedure: UInt32, credential: OpaqueAuth,
    arguments: ByteBuffer, timeout: TimeAmount
  ) -> EventLoopFuture<ByteBuffer> {
    var decoder = XDRDecoder(arguments)
    guard (try? CbCompoundArguments(from: &decoder)) != nil, (try? decoder.uint32()) != nil,
      let sequence = try? CB_SEQUENCE4args(from: &decoder), let opnum = try? decoder.uint32()
    else { return loop.makeFailedFuture(XDRError.truncated) }
    let answer = state.withLock { state -> Answer in
      state.calls.append(
        Call(slotid: sequence.slotid, sequenceid: sequence.sequenceid, opnum: opnum))
      return state.answers.isEmpty
        ? .statuses(.NFS4_OK, .NFS4_OK) : state.answers.removeFirst()
    }
    switch answer {
    case .failure(let error): return loop.makeFailedFuture(error)
    case .statuses(let first, let second):
      var encoder = XDREncoder()
      (first == .NFS4_OK ? second : first).encode(to: &encoder)
      encoder.count(0)
      encoder.count(first == .NFS4_OK ? 2 : 1)
      encoder.uint32(CB_SEQUENCE.opnum.rawValue)
      first.encode(to: &encoder)
      if first == .NFS4_OK {
        CB_SEQUENCE4resok(
          sessionid: sequence.sessionid, sequenceid: sequence.sequenceid,
          slotid: sequence.slotid, highestSlotid: 1, targetHighestSlotid: 1
        ).encode(to: &encoder)
        encoder.uint32(opnum)
        second.encode(to: &encoder)
      }
      return loop.makeSucceededFuture(encoder.finishContiguous())
    }
  }
}

/// A sender with one client, on a clock that a test moves.
private final class Bench: Sendable {
  typealias Sender = CallbackSender<Int>

  let sessions: SessionService
  let clientid: Clientid4
  let path: ScriptedPath
  let settled: AsyncStream<Sender.Outcome>
  let sender: Sender
  let clock: Mutex<NIODeadline>
  let isConnected = Atomic<Bool>(true)

  init(_ answers: [ScriptedPath.Answer]) throws {
    let loop = MultiThreadedEventLoopGroup.singleton.any()
    let sessions = SessionService(
      identity: ServerIdentity(
        owner: ServerOwner4(minorId: 0, majorId: [1]), scope: [], roles: .USE_PNFS_MDS,
        implementation: nil, instance: 1, leaseSeconds: 90),
      now: { .zero }, hasState: { _ in false }, onDropped: { _ in })
    let channel = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 4096, maxresponsesize: 4096, maxresponsesizeCached: 0,
      maxoperations: 2, maxrequests: 2, rdmaIrd: nil)
    let made = sessions.withTable { table in
      Result { () throws(Nfsstat4) -> Clientid4 in
        var random = SystemRandomNumberGenerator()
        let client = try table.exchangeId(
          EXCHANGE_ID4args(
            clientowner: ClientOwner4(verifier: 1, ownerid: [1]), flags: [], stateProtect: .none,
            clientImplId: nil), principal: .none, address: [], now: .zero)
        _ = try table.createSession(
          CREATE_SESSION4args(
            clientid: client.clientid, sequence: client.sequenceid, flags: .CONN_BACK_CHAN,
            foreChanAttrs: channel, backChanAttrs: channel, cbProgram: 1, secParms: [.none]),
          minorversion: 1, principal: .none, connection: 5, now: .zero, random: &random)
        return client.clientid
      }
    }
    let path = ScriptedPath(loop, answers)
    let (settled, source) = AsyncStream<Sender.Outcome>.makeStream()
    let shared = Shared()
    sender = CallbackSender(
      sessions: sessions, loop: loop,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
      now: { shared.bench?.clock.withLock { $0 } ?? .now() }, retryDelay: .nanoseconds(1),
      connection: { _ in shared.bench?.isConnected.load(ordering: .relaxed) == true ? path : nil },
      settle: { source.yield($1) })
    clientid = try made.get()
    self.sessions = sessions
    self.path = path
    self.settled = settled
    clock = Mutex(.now())
    shared.set(self)
  }

  private final class Shared: Sendable {
    private struct Weak: Sendable { weak var bench: Bench? }
    private let held = Mutex(Weak())
    var bench: Bench? { held.withLock { $0.bench } }
    func set(_ bench: Bench) { held.withLock { $0.bench = bench } }
  }

  func pass(_ time: TimeAmount) { clock.withLock { $0 = $0 + time } }

  /// A recall of a delegation of the client.
  func recall() throws -> MetadataDirective {
    var state = MetadataState<Int>(instance: 1)
    let file = NfsFh4(ByteBuffer(integer: UInt64(1)))
    _ = state.delegate(file, change: 1, to: clientid)
    return try #require(state.contentChanged(file, change: 2, now: .zero).first)
  }

  var revocation: MetadataDirective {
    .revokeGrants(ProxyRevocation(id: 1, server: clientid, reader: 9, stateids: nil))
  }

  /// What came of so many callbacks.
  func outcomes(_ count: Int) async -> [String] {
    var all: [String] = []
    for await outcome in settled {
      switch outcome {
      case .answered(let status): all.append("\(status)")
      case .attributes: all.append("attributes")
      case .abandoned: all.append("abandoned")
      }
      if all.count == count { break }
    }
    return all
  }
}

private let revoke = NfsCbOpnum4.OP_CB_PROXY_REVOKE.rawValue

@Suite(.timeLimit(.minutes(1))) struct CallbackSenderTests {
  @Test("a callback that is answered is settled with its status, whatever it is")
  func answered() async throws {
    let bench = try Bench([.statuses(.NFS4_OK, .NFS4ERR_NOMATCHING_LAYOUT)])
    bench.sender.issue([bench.revocation])
    #expect(await bench.outcomes(1) == ["NFS4ERR_NOMATCHING_LAYOUT"])
    bench.sender.issue([bench.revocation])
    #expect(await bench.outcomes(1) == ["NFS4_OK"])
    #expect(bench.path.calls.map(\.sequenceid) == [1, 2])
  }

  @Test("a client that asks for a delay is asked again, under a new sequence id")
  func delay() async throws {
    let bench = try Bench([
      .statuses(.NFS4_OK, .NFS4ERR_DELAY), .statuses(.NFS4_OK, .NFS4ERR_DELAY),
    ])
    bench.sender.issue([bench.revocation])
    #expect(await bench.outcomes(1) == ["NFS4_OK"])
    #expect(bench.path.calls.map(\.sequenceid) == [1, 2, 3])
  }

  @Test("a refused CB_SEQUENCE does not use up the sequence id")
  func sequenceRefused() async throws {
    let bench = try Bench([.statuses(.NFS4ERR_DELAY, .NFS4_OK)])
    bench.sender.issue([bench.revocation])
    #expect(await bench.outcomes(1) == ["NFS4_OK"])
    #expect(bench.path.calls.map(\.sequenceid) == [1, 1])
  }

  @Test("what may have been seen is sent again as it was, and nothing else under its number")
  func uncertain() async throws {
    let bench = try Bench([.failure(ChannelError.eof), .statuses(.NFS4_OK, .NFS4_OK)])
    bench.sender.issue([bench.revocation, try bench.recall()])
    #expect(await bench.outcomes(2) == ["NFS4_OK", "NFS4_OK"])
    let first = try #require(bench.path.calls.first)
    let again = bench.path.calls.filter {
      $0.slotid == first.slotid && $0.sequenceid == first.sequenceid
    }
    #expect(again == [first, first])
    #expect(first.opnum == revoke)
  }

  @Test("a client that has run it and kept no answer gets the next number")
  func uncachedRetry() async throws {
    let bench = try Bench([
      .failure(ChannelError.eof), .statuses(.NFS4ERR_RETRY_UNCACHED_REP, .NFS4_OK),
    ])
    bench.sender.issue([bench.revocation])
    #expect(await bench.outcomes(1) == ["NFS4_OK"])
    #expect(bench.path.calls.map(\.sequenceid) == [1, 1, 2])
  }

  @Test("a recall that overtakes its OPEN's reply is sent again; the third denial counts")
  func overtaken() async throws {
    let denial = ScriptedPath.Answer.statuses(.NFS4_OK, .NFS4ERR_BAD_STATEID)
    var bench = try Bench([denial, denial])
    bench.sender.issue([try bench.recall()])
    #expect(await bench.outcomes(1) == ["NFS4_OK"])
    bench = try Bench([denial, denial, denial])
    bench.sender.issue([try bench.recall()])
    #expect(await bench.outcomes(1) == ["NFS4ERR_BAD_STATEID"])
    #expect(bench.path.calls.count == 3)
  }

  @Test("without a connection a callback waits, and is given up after a lease")
  func noConnection() async throws {
    let bench = try Bench([])
    bench.isConnected.store(false, ordering: .relaxed)
    bench.sender.issue([bench.revocation])
    bench.pass(.seconds(89))
    #expect(bench.path.calls.isEmpty)
    bench.isConnected.store(true, ordering: .relaxed)
    #expect(await bench.outcomes(1) == ["NFS4_OK"])
    bench.sessions.withTable { _ = $0.connectionClosed(5) }
    bench.sender.issue([bench.revocation])
    bench.pass(.seconds(90))
    #expect(await bench.outcomes(1) == ["abandoned"])
  }

  @Test("a client that never answers is given up after a lease, and its slot is free again")
  func abandoned() async throws {
    let bench = try Bench(Array(repeating: .failure(ChannelError.eof), count: 100_000))
    bench.sender.issue([bench.revocation])
    bench.pass(.seconds(91))
    #expect(await bench.outcomes(1) == ["abandoned"])
    let calls = bench.path.calls
    #expect(calls.allSatisfy { $0 == calls.first })
    let tickets = bench.sessions.withTable { table in
      (0..<2).compactMap { _ in table.takeBackSlot(bench.clientid) }
    }
    #expect(tickets.count == 2)
  }

  @Test("more callbacks than slots are all sent, in order")
  func many() async throws {
    let bench = try Bench([])
    bench.sender.issue(Array(repeating: bench.revocation, count: 50))
    #expect(await bench.outcomes(50) == Array(repeating: "NFS4_OK", count: 50))
    #expect(bench.path.calls.count == 50)
    #expect(bench.path.calls.allSatisfy { $0.slotid < 2 })
  }

  @Test("what waits for a client that is gone is dropped")
  func forgotten() async throws {
    let bench = try Bench([])
    bench.sessions.withTable { _ = $0.connectionClosed(5) }
    bench.sender.issue([bench.revocation])
    bench.sender.forget([bench.clientid])
    #expect(bench.path.calls.isEmpty)
  }
}
