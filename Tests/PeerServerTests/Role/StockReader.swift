import Logging
import NFSv4
import NIOCore
import NIOPosix
import ONCRPC
import Transport
import XDR

@testable import ClusterTransport
@testable import PeerServer

/// Reads from a data server as a stock client does: one session, seqid 0, AUTH_SYS.
final class StockReader {
  let connection: RPCConnection
  private(set) var roles: Exchgid4Flags = []
  private var session = Sessionid4(high: 0, low: 0)
  private var sequenceid: UInt32 = 0

  init(port: Int, group: any EventLoopGroup, owner: String = "client") async throws {
    connection = try await RPCConnector.connect(
      host: "127.0.0.1", port: port, group: group, service: NoCalls(),
      limits: RPCConnectionLimits(), timeout: .seconds(5), logger: Logger(label: "test"))
    let client = try await alone(
      EXCHANGE_ID.self,
      EXCHANGE_ID4args(
        clientowner: ClientOwner4(verifier: 1, ownerid: Array(owner.utf8)),
        flags: [.SUPP_MOVED_REFER, .BIND_PRINC_STATEID, .USE_PNFS_DS], stateProtect: .none,
        clientImplId: nil))
    roles = client.flags
    let channel = ChannelAttrs4(
      headerpadsize: 0, maxrequestsize: 1_049_620, maxresponsesize: 1_049_480,
      maxresponsesizeCached: 7584, maxoperations: 8, maxrequests: 64, rdmaIrd: nil)
    session = try await alone(
      CREATE_SESSION.self,
      CREATE_SESSION4args(
        clientid: client.clientid, sequence: client.sequenceid, flags: [],
        foreChanAttrs: channel, backChanAttrs: channel, cbProgram: 0x4000_0000,
        secParms: [.none])
    ).sessionid
    let reclaim = try await send { builder in
      builder.append(RECLAIM_COMPLETE.self, RECLAIM_COMPLETE4args(oneFs: false))
    }
    guard reclaim.status == .NFS4_OK else { throw reclaim.status }
  }

  /// SEQUENCE PUTFH READ.
  func read(
    _ handle: NfsFh4, offset: UInt64, count: UInt32, uid: UInt32 = 1000, stateid: UInt32 = 1
  ) async throws -> (status: Nfsstat4, bytes: [UInt8], eof: Bool) {
    var results = try await send(uid: uid) { builder in
      builder.append(PUTFH.self, PUTFH4args(object: handle))
      builder.append(
        READ.self,
        READ4args(
          stateid: Stateid4(seqid: 0, other: StateidOther(high: 1, low: stateid)),
          offset: offset, count: count))
    }
    guard results.status == .NFS4_OK else { return (results.status, [], false) }
    _ = try results.next(PUTFH.self)
    let read = try results.next(READ.self)
    return (.NFS4_OK, read.data.flatMap { Array($0.readableBytesView) }, read.eof)
  }

  /// One COMPOUND; its results stand behind SEQUENCE.
  func send(
    uid: UInt32 = 0, minorversion: UInt32 = 1, _ build: (inout CompoundBuilder) -> Void
  ) async throws -> CompoundResults {
    var builder = CompoundBuilder(minorversion: minorversion)
    sequenceid += 1
    builder.append(
      SEQUENCE.self,
      SEQUENCE4args(
        sessionid: session, sequenceid: sequenceid, slotid: 0, highestSlotid: 0,
        cachethis: false))
    build(&builder)
    let reply = try await connection.call(
      program: NFS4.program, version: NFS4.version, procedure: NFS4.PROC_COMPOUND,
      credential: AuthsysParms(uid: uid, gid: uid).credential, arguments: builder.finish(),
      timeout: .seconds(20)
    ).get()
    var results = try CompoundResults(reply)
    _ = try results.next(SEQUENCE.self)
    return results
  }

  private func alone<Op: NfsOperation>(
    _ operation: Op.Type, _ arguments: Op.Arguments
  ) async throws -> Op.Resok {
    var builder = CompoundBuilder(minorversion: 1)
    builder.append(operation, arguments)
    let reply = try await connection.call(
      program: NFS4.program, version: NFS4.version, procedure: NFS4.PROC_COMPOUND,
      credential: AuthsysParms(uid: 0, gid: 0).credential, arguments: builder.finish(),
      timeout: .seconds(20)
    ).get()
    var results = try CompoundResults(reply)
    return try results.next(operation)
  }
}
