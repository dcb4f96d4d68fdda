public import NFSv4
public import NIOCore
public import XDR

/// A COMPOUND between its first operation and its reply: the operations still to be run, and the
/// results so far (RFC 8881 §2.6).
public struct CompoundRun: Sendable {
  /// The slot it holds, if it runs in a session.
  public let ticket: SlotTicket?
  public let caller: Caller
  public let minorversion: UInt32
  /// The connection it came on.
  public let connection: UInt64
  let tag: ByteBuffer
  let operationCount: Int
  private let room: ReplyRoom
  /// At the next operation to run. Copies of it may be used to look ahead.
  public internal(set) var decoder: XDRDecoder
  var encoder = XDREncoder()
  /// Operations that have a result.
  public internal(set) var resultCount = 0
  public internal(set) var status = Nfsstat4.NFS4_OK

  /// Operations that were not run yet; none after a failure.
  public var remainingOperations: Int {
    status == .NFS4_OK ? operationCount - resultCount : 0
  }

  init(
    ticket: SlotTicket?, caller: Caller, header: CompoundArguments, connection: UInt64,
    decoder: XDRDecoder, maxResponseBytes: Int
  ) {
    self.ticket = ticket
    self.caller = caller
    self.minorversion = header.minorversion
    self.connection = connection
    self.tag = header.tag
    self.operationCount = header.operationCount
    self.decoder = decoder
    self.room = ReplyRoom(
      limitBytes: maxResponseBytes,
      keptLimitBytes: ticket.flatMap { $0.cachethis ? $0.maxCachedResponseBytes : nil })
  }

  /// A place between two operations.
  struct Mark {
    let decoder: XDRDecoder
    let encoder: XDREncoder.Checkpoint
    let resultCount: Int
  }

  /// Before the next operation.
  var mark: Mark {
    Mark(decoder: decoder, encoder: encoder.checkpoint, resultCount: resultCount)
  }

  /// As if what was run since had not been: an operation that has to be run again.
  mutating func rewind(to mark: Mark) {
    decoder = mark.decoder
    encoder.roll(back: mark.encoder)
    resultCount = mark.resultCount
    status = .NFS4_OK
  }

  /// Whether the operation being run is the last one.
  public var isLastOperation: Bool { resultCount + 1 == operationCount }

  /// Runs the next operation: reads its number, lets `perform` do it and write its results, and
  /// settles the status.
  ///
  /// What `perform` wrote is dropped when it throws, and when the reply would be larger than the
  /// session allows. An operation whose results are known not to fit is not begun.
  public mutating func step(
    _ perform: (NfsOpnum4, inout CompoundRun, inout XDREncoder) throws(OperationFailure) -> Void
  ) {
    var results = XDREncoder()
    swap(&results, &encoder)
    defer { swap(&results, &encoder) }
    guard let number = try? decoder.uint32() else {
      // No operation number at all: the count in the header was wrong.
      fail(NfsOpnum4.OP_ILLEGAL.rawValue, .NFS4ERR_BADXDR, &results)
      return
    }
    guard let opnum = NfsOpnum4(rawValue: number), opnum.exists(in: minorversion) else {
      fail(NfsOpnum4.OP_ILLEGAL.rawValue, .NFS4ERR_OP_ILLEGAL, &results)
      return
    }
    let start = results.checkpoint
    let headerBytes = Self.headerBytes + tag.readableBytes
    do throws(OperationFailure) {
      try room.check(results.byteCount + headerBytes + opnum.resultBytesBefore)
      results.uint32(number)
      Nfsstat4.NFS4_OK.encode(to: &results)
      try perform(opnum, &self, &results)
      try room.check(results.byteCount + headerBytes)
      resultCount += 1
    } catch {
      results.roll(back: start)
      let code = error.status == .NFS4ERR_OP_ILLEGAL ? NfsOpnum4.OP_ILLEGAL.rawValue : number
      fail(code, error.status, &results)
      if opnum == .OP_SETATTR, error.refusal.readableBytes == 0 {
        // Its result says with every status what was set, whoever refused it (RFC 8881 §18.30).
        SETATTR.encodeRefusal(error.status, to: &results)
      }
      results.encoded(error.refusal)
    }
  }

  private mutating func fail(_ opnum: UInt32, _ failure: Nfsstat4, _ results: inout XDREncoder) {
    results.uint32(opnum)
    failure.encode(to: &results)
    resultCount += 1
    status = failure
  }

  /// RPC reply header, COMPOUND's status, tag length and result count.
  static let headerBytes = 24 + 12

  /// The COMPOUND's results, ready to follow the RPC header.
  public mutating func finish() -> [ByteBuffer] {
    var head = XDREncoder()
    status.encode(to: &head)
    head.opaque(tag)
    head.count(resultCount)
    return [head.finishContiguous()] + encoder.finish()
  }
}

/// Why an operation has no `NFS4_OK`.
public struct OperationFailure: Error {
  public let status: Nfsstat4
  /// What follows the status; empty for most operations.
  let refusal: ByteBuffer

  public init(_ status: Nfsstat4) {
    self.status = status
    self.refusal = ByteBuffer()
  }

  init(_ status: Nfsstat4, refusal: ByteBuffer) {
    self.status = status
    self.refusal = refusal
  }

  init<Op: NfsOperation>(_ status: Nfsstat4, of operation: Op.Type) {
    var encoder = XDREncoder()
    Op.encodeRefusal(status, to: &encoder)
    self.status = status
    self.refusal = encoder.finishContiguous()
  }
}

extension CompoundRun {
  /// Decodes an operation's arguments, runs its meaning, and encodes its results.
  @inline(__always)
  public mutating func run<Op: NfsOperation>(
    _ operation: Op.Type, _ encoder: inout XDREncoder,
    _ meaning: (Op.Arguments) throws(Nfsstat4) -> Op.Resok
  ) throws(OperationFailure) {
    let arguments = try self.arguments(of: operation)
    do throws(Nfsstat4) {
      try meaning(arguments).encode(to: &encoder)
    } catch {
      throw OperationFailure(error, of: operation)
    }
  }

  /// As `run`, for operations that write their results themselves.
  public mutating func runEncoding<Op: NfsOperation>(
    _ operation: Op.Type, _ encoder: inout XDREncoder,
    _ meaning: (Op.Arguments, inout XDREncoder) throws(Nfsstat4) -> Void
  ) throws(OperationFailure) {
    let arguments = try self.arguments(of: operation)
    do throws(Nfsstat4) {
      try meaning(arguments, &encoder)
    } catch {
      throw OperationFailure(error, of: operation)
    }
  }

  private mutating func arguments<Op: NfsOperation>(
    of operation: Op.Type
  ) throws(OperationFailure) -> Op.Arguments {
    do throws(XDRError) {
      return try Op.Arguments(from: &decoder)
    } catch {
      throw OperationFailure(.NFS4ERR_BADXDR, of: operation)
    }
  }

  /// An operation that exists and is not supported: BADXDR or NOTSUPP.
  public mutating func refuse(
    _ opnum: NfsOpnum4, _ status: Nfsstat4 = .NFS4ERR_NOTSUPP
  ) throws(OperationFailure) {
    do throws(XDRError) {
      try OperationCatalogue.skipArguments(of: opnum, from: &decoder)
    } catch {
      throw OperationFailure(.NFS4ERR_BADXDR)
    }
    throw OperationFailure(status)
  }
}

extension NfsOpnum4 {
  /// Operations after RECLAIM_COMPLETE came with minor version 2 (RFC 7862, RFC 8276).
  func exists(in minorversion: UInt32) -> Bool {
    switch rawValue {
    case 3...58: true
    case 59...75: minorversion >= 2
    case NfsOpnum4.OP_ILLEGAL.rawValue: false
    default: true
    }
  }
}
