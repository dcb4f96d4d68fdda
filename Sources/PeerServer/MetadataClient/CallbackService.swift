import BlockCache
import NFSv4
import NIOCore
import ONCRPC
import Transport
import XDR

/// Answers the metadata server's callbacks, on the connection they come on (RFC 8881 §20).
struct CallbackService: RPCService {
  let client: MetadataClient

  func opened(_ connection: RPCConnection) {}
  func closed(_ connection: RPCConnection) {}

  func received(_ call: RPCCall, on connection: RPCConnection) {
    guard call.prog == MetadataClient.callbackProgram else {
      return connection.reply(xid: call.xid, .progUnavail)
    }
    guard call.vers == NFS4.cbVersion else {
      return connection.reply(
        xid: call.xid, .progMismatch(low: NFS4.cbVersion, high: NFS4.cbVersion))
    }
    switch call.proc {
    case NFS4.CB_NULL: connection.reply(xid: call.xid, .success)
    case NFS4.CB_COMPOUND: compound(call, on: connection)
    default: connection.reply(xid: call.xid, .procUnavail)
    }
  }

  private func compound(_ call: RPCCall, on connection: RPCConnection) {
    var decoder = XDRDecoder(call.arguments)
    guard let header = try? CbCompoundArguments(from: &decoder) else {
      return connection.reply(xid: call.xid, .garbageArgs)
    }
    var run = CallbackRun(header: header, decoder: decoder)
    guard (1...2).contains(header.minorversion) else {
      run.status = .NFS4ERR_MINOR_VERS_MISMATCH
      return connection.reply(xid: call.xid, .success, results: [run.finish()])
    }
    guard header.operationCount > 0, let sequence = run.begin(client) else {
      return connection.reply(xid: call.xid, .success, results: [run.finish()])
    }
    if let answer = run.replay {
      return connection.reply(xid: call.xid, .success, results: [answer])
    }
    while run.remainingOperations > 0 { run.step(client) }
    let answer = run.finish()
    let (client, recalled, xid) = (client, run.recalled, call.xid)
    let finish = { @Sendable in
      client.state.withLock { state in
        guard state.session == sequence.sessionid else { return }
        state.backSlots.complete(
          slotid: sequence.slotid, sequenceid: sequence.sequenceid, answer: answer)
      }
      connection.reply(xid: xid, .success, results: [answer])
      for recall in recalled { client.returnDelegation(recall.stateid, of: recall.fh) }
    }
    // Nothing is acknowledged, and no delegation given back, while an answer under what was taken
    // away is still being given.
    if run.hasRevoked { client.grants.afterAnswers(finish) } else { finish() }
  }
}

/// A CB_COMPOUND while it is carried out.
private struct CallbackRun {
  var status = Nfsstat4.NFS4_OK
  /// The answer to a retry.
  private(set) var replay: ByteBuffer?
  /// Delegations to be returned.
  private(set) var recalled: [CB_RECALL4args] = []
  private(set) var hasRevoked = false
  private let header: CbCompoundArguments
  private var decoder: XDRDecoder
  private var encoder = XDREncoder()
  private var resultCount = 0

  init(header: CbCompoundArguments, decoder: XDRDecoder) {
    self.header = header
    self.decoder = decoder
  }

  var remainingOperations: Int {
    status == .NFS4_OK ? header.operationCount - resultCount : 0
  }

  func finish() -> ByteBuffer {
    var all = XDREncoder()
    status.encode(to: &all)
    all.opaque(header.tag)
    all.count(resultCount)
    var operations = encoder
    all.encoded(operations.finishContiguous())
    return all.finishContiguous()
  }

  /// Runs CB_SEQUENCE, which has to be first.
  /// - Returns: nil when it was refused.
  mutating func begin(_ client: MetadataClient) -> CB_SEQUENCE4args? {
    guard let number = try? decoder.uint32(), number == NfsCbOpnum4.OP_CB_SEQUENCE.rawValue else {
      result(NfsCbOpnum4.OP_CB_SEQUENCE.rawValue, .NFS4ERR_OP_NOT_IN_SESSION)
      return nil
    }
    guard let arguments = try? CB_SEQUENCE4args(from: &decoder) else {
      result(number, .NFS4ERR_BADXDR)
      return nil
    }
    let verdict = client.state.withLock { state -> Result<BackSlotTable.Verdict, Nfsstat4> in
      guard state.session == arguments.sessionid else { return .failure(.NFS4ERR_BADSESSION) }
      return Result { () throws(Nfsstat4) in
        try state.backSlots.begin(slotid: arguments.slotid, sequenceid: arguments.sequenceid)
      }
    }
    switch verdict {
    case .failure(let status):
      result(number, status)
      return nil
    case .success(.replay(let answer)): replay = answer
    case .success(.run):
      result(number, .NFS4_OK)
      CB_SEQUENCE4resok(
        sessionid: arguments.sessionid, sequenceid: arguments.sequenceid,
        slotid: arguments.slotid, highestSlotid: BackSlotTable.slotCount - 1,
        targetHighestSlotid: BackSlotTable.slotCount - 1
      ).encode(to: &encoder)
    }
    return arguments
  }

  /// Runs one operation behind CB_SEQUENCE.
  mutating func step(_ client: MetadataClient) {
    guard let number = try? decoder.uint32() else {
      return result(NfsCbOpnum4.OP_CB_ILLEGAL.rawValue, .NFS4ERR_BADXDR)
    }
    guard let opnum = NfsCbOpnum4(rawValue: number), opnum != .OP_CB_ILLEGAL else {
      return result(NfsCbOpnum4.OP_CB_ILLEGAL.rawValue, .NFS4ERR_OP_ILLEGAL)
    }
    do throws(XDRError) {
      result(number, try perform(opnum, client))
    } catch {
      result(number, .NFS4ERR_BADXDR)
    }
  }

  private mutating func perform(
    _ opnum: NfsCbOpnum4, _ client: MetadataClient
  ) throws(XDRError) -> Nfsstat4 {
    switch opnum {
    case .OP_CB_SEQUENCE: return .NFS4ERR_SEQUENCE_POS
    case .OP_CB_PROXY_REVOKE:
      let arguments = try CB_PROXY_REVOKE4args(from: &decoder)
      client.grants.revoke(
        arguments.all
          ? [.client(arguments.clientid)]
          : arguments.stateids.map { .proxyStateid($0.other) })
      hasRevoked = true
      return .NFS4_OK
    case .OP_CB_RECALL:
      var arguments = try CB_RECALL4args(from: &decoder)
      arguments.fh = arguments.fh.detached()
      client.grants.revoke([.file(FileID(hashing: arguments.fh.bytes))])
      recalled.append(arguments)
      hasRevoked = true
      return .NFS4_OK
    case .OP_CB_LAYOUTRECALL:
      _ = try CB_LAYOUTRECALL4args(from: &decoder)
      return .NFS4ERR_NOMATCHING_LAYOUT
    case .OP_CB_RECALL_ANY:
      _ = try CB_RECALL_ANY4args(from: &decoder)
      return .NFS4_OK
    case .OP_CB_NOTIFY_DEVICEID:
      _ = try CB_NOTIFY_DEVICEID4args(from: &decoder)
      return .NFS4_OK
    default: return .NFS4ERR_NOTSUPP
    }
  }

  private mutating func result(_ opnum: UInt32, _ status: Nfsstat4) {
    encoder.uint32(opnum)
    status.encode(to: &encoder)
    resultCount += 1
    self.status = status
  }
}
