import NFSv4
import NIOCore
import XDR

/// A CB_COMPOUND while it is carried out (RFC 8881 §20).
///
///     init ─▶ begin (CB_SEQUENCE) ─▶ step … step ─▶ finish
///                  └ a retry: `replay` is the answer
struct CallbackRun {
  private(set) var status = Nfsstat4.NFS4_OK
  /// The answer to a retry.
  private(set) var replay: ByteBuffer?
  private let header: CbCompoundArguments
  private var decoder: XDRDecoder
  private var encoder = XDREncoder()
  private var resultCount = 0

  /// - Parameter arguments: of the call.
  init(_ arguments: ByteBuffer) throws(XDRError) {
    var decoder = XDRDecoder(arguments)
    header = try CbCompoundArguments(from: &decoder)
    self.decoder = decoder
    if !(1...2).contains(header.minorversion) { status = .NFS4ERR_MINOR_VERS_MISMATCH }
  }

  /// Operations that were neither run nor made vain by a failure.
  var remainingOperations: Int {
    status == .NFS4_OK ? header.operationCount - resultCount : 0
  }

  /// Runs CB_SEQUENCE, which has to be first.
  /// - Returns: nil when it was refused, or there is no operation at all.
  mutating func begin(
    session: Sessionid4?, slots: inout BackSlotTable
  ) -> CB_SEQUENCE4args? {
    guard remainingOperations > 0 else { return nil }
    let number = NfsCbOpnum4.OP_CB_SEQUENCE.rawValue
    guard (try? decoder.uint32()) == number else {
      result(number, .NFS4ERR_OP_NOT_IN_SESSION)
      return nil
    }
    guard let arguments = try? CB_SEQUENCE4args(from: &decoder) else {
      result(number, .NFS4ERR_BADXDR)
      return nil
    }
    guard session == arguments.sessionid else {
      result(number, .NFS4ERR_BADSESSION)
      return nil
    }
    do throws(Nfsstat4) {
      switch try slots.begin(slotid: arguments.slotid, sequenceid: arguments.sequenceid) {
      case .replay(let answer): replay = answer
      case .run:
        result(number, .NFS4_OK)
        CB_SEQUENCE4resok(
          sessionid: arguments.sessionid, sequenceid: arguments.sequenceid,
          slotid: arguments.slotid, highestSlotid: BackSlotTable.slotCount - 1,
          targetHighestSlotid: BackSlotTable.slotCount - 1
        ).encode(to: &encoder)
      }
    } catch {
      result(number, error)
      return nil
    }
    return arguments
  }

  /// Runs one operation behind CB_SEQUENCE.
  mutating func step(_ handler: (any CallbackHandler)?) {
    guard let number = try? decoder.uint32() else {
      return result(NfsCbOpnum4.OP_CB_ILLEGAL.rawValue, .NFS4ERR_BADXDR)
    }
    guard let opnum = NfsCbOpnum4(rawValue: number), opnum != .OP_CB_ILLEGAL else {
      return result(NfsCbOpnum4.OP_CB_ILLEGAL.rawValue, .NFS4ERR_OP_ILLEGAL)
    }
    do throws(XDRError) {
      result(number, try perform(opnum, handler))
    } catch {
      result(number, .NFS4ERR_BADXDR)
    }
  }

  private mutating func perform(
    _ opnum: NfsCbOpnum4, _ handler: (any CallbackHandler)?
  ) throws(XDRError) -> Nfsstat4 {
    switch opnum {
    case .OP_CB_SEQUENCE: return .NFS4ERR_SEQUENCE_POS
    case .OP_CB_LAYOUTRECALL:
      let arguments = try CB_LAYOUTRECALL4args(from: &decoder)
      return handler?.layoutRecalled(arguments) ?? .NFS4ERR_NOMATCHING_LAYOUT
    case .OP_CB_RECALL:
      let arguments = try CB_RECALL4args(from: &decoder)
      return handler?.delegationRecalled(arguments) ?? .NFS4ERR_BADHANDLE
    case .OP_CB_RECALL_ANY:
      handler?.someRecalled(try CB_RECALL_ANY4args(from: &decoder))
      return .NFS4_OK
    case .OP_CB_NOTIFY_DEVICEID:
      handler?.devicesChanged(try CB_NOTIFY_DEVICEID4args(from: &decoder))
      return .NFS4_OK
    default: return .NFS4ERR_NOTSUPP
    }
  }

  /// What to answer.
  func finish() -> ByteBuffer {
    var all = XDREncoder()
    status.encode(to: &all)
    all.opaque(header.tag)
    all.count(resultCount)
    var operations = encoder
    all.encoded(operations.finishContiguous())
    return all.finishContiguous()
  }

  private mutating func result(_ opnum: UInt32, _ status: Nfsstat4) {
    encoder.uint32(opnum)
    status.encode(to: &encoder)
    resultCount += 1
    self.status = status
  }
}
