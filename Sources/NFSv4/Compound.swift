public import NIOCore
public import XDR

/// The numbers of a program's operations: those of the fore channel or those of callbacks.
public protocol CompoundOpnum: RawRepresentable, Equatable, Sendable where RawValue == UInt32 {
  /// What stands in a result for an operation that the other side does not know.
  static var illegal: Self { get }
}

extension NfsOpnum4: CompoundOpnum {
  public static var illegal: NfsOpnum4 { .OP_ILLEGAL }
}

extension NfsCbOpnum4: CompoundOpnum {
  public static var illegal: NfsCbOpnum4 { .OP_CB_ILLEGAL }
}

/// What stands before the operations of a COMPOUND (RFC 8881 §16.2).
///
///     struct COMPOUND4args { utf8str_cs tag; uint32_t minorversion; nfs_argop4 argarray<>; };
///
/// Decoding stops before the first operation: each begins with its number, and only who serves it
/// knows how to read the rest.
public struct CompoundArguments: XDRCodable, Hashable, Sendable {
  /// A slice of the request, to be sent back. At most `NFS4.tagLimitBytes`.
  public var tag: ByteBuffer
  public var minorversion: UInt32
  /// At most `NFS4.compoundOperationLimit`.
  public var operationCount: Int

  public init(tag: ByteBuffer = ByteBuffer(), minorversion: UInt32, operationCount: Int) {
    self.tag = tag
    self.minorversion = minorversion
    self.operationCount = operationCount
  }

  /// - Throws: also where the count exceeds what the bytes that follow could hold.
  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    tag = try decoder.opaque(limit: NFS4.tagLimitBytes)
    minorversion = try decoder.uint32()
    operationCount = try decoder.count(limit: NFS4.compoundOperationLimit, elementBytes: 4)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(tag)
    encoder.uint32(minorversion)
    encoder.count(operationCount)
  }
}

/// What stands before the operations of a CB_COMPOUND (RFC 8881 §20).
///
///     struct CB_COMPOUND4args {
///         utf8str_cs tag; uint32_t minorversion; uint32_t callback_ident;
///         nfs_cb_argop4 argarray<>;
///     };
public struct CbCompoundArguments: XDRCodable, Hashable, Sendable {
  /// A slice of the request, to be sent back. At most `NFS4.tagLimitBytes`.
  public var tag: ByteBuffer
  public var minorversion: UInt32
  /// Of NFSv4.0; zero, and to be ignored.
  public var callbackIdent: UInt32
  /// At most `NFS4.compoundOperationLimit`.
  public var operationCount: Int

  public init(
    tag: ByteBuffer = ByteBuffer(), minorversion: UInt32, callbackIdent: UInt32 = 0,
    operationCount: Int
  ) {
    self.tag = tag
    self.minorversion = minorversion
    self.callbackIdent = callbackIdent
    self.operationCount = operationCount
  }

  /// - Throws: also where the count exceeds what the bytes that follow could hold.
  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    tag = try decoder.opaque(limit: NFS4.tagLimitBytes)
    minorversion = try decoder.uint32()
    callbackIdent = try decoder.uint32()
    operationCount = try decoder.count(limit: NFS4.compoundOperationLimit, elementBytes: 4)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(tag)
    encoder.uint32(minorversion)
    encoder.uint32(callbackIdent)
    encoder.count(operationCount)
  }
}

/// Operations that follow a header whose last word is their count, known only at the end.
struct OperationList {
  private var encoder = XDREncoder()
  private let countOffset: Int
  private(set) var count = 0

  /// - Parameter header: ends with an operation count of zero.
  init(header: some XDRCodable) {
    header.encode(to: &encoder)
    countOffset = encoder.byteCount - 4
  }

  mutating func append(opnum: UInt32, _ arguments: some XDRCodable) {
    encoder.uint32(opnum)
    arguments.encode(to: &encoder)
    count += 1
  }

  /// Everything, and an empty list that must not be used again.
  mutating func finish() -> ByteBuffer {
    var buffer = encoder.finishContiguous()
    buffer.setInteger(UInt32(count), at: buffer.readerIndex + countOffset)
    return buffer
  }
}

/// Writes the arguments of a COMPOUND, operation by operation.
public struct CompoundBuilder {
  private var list: OperationList

  /// - Parameter tag: at most `NFS4.tagLimitBytes` bytes.
  public init(tag: [UInt8] = [], minorversion: UInt32) {
    list = OperationList(
      header: CompoundArguments(
        tag: ByteBuffer(bytes: tag), minorversion: minorversion, operationCount: 0))
  }

  /// How many operations were appended.
  public var operationCount: Int { list.count }

  public mutating func append<Op: NfsOperation>(_ operation: Op.Type, _ arguments: Op.Arguments) {
    list.append(opnum: Op.opnum.rawValue, arguments)
  }

  /// The COMPOUND's arguments. The builder is used up.
  public mutating func finish() -> ByteBuffer { list.finish() }
}

/// Writes the arguments of a CB_COMPOUND, operation by operation.
public struct CbCompoundBuilder {
  private var list: OperationList

  /// - Parameter tag: at most `NFS4.tagLimitBytes` bytes.
  public init(tag: [UInt8] = [], minorversion: UInt32, callbackIdent: UInt32 = 0) {
    list = OperationList(
      header: CbCompoundArguments(
        tag: ByteBuffer(bytes: tag), minorversion: minorversion, callbackIdent: callbackIdent,
        operationCount: 0))
  }

  /// How many operations were appended.
  public var operationCount: Int { list.count }

  public mutating func append<Op: NfsCbOperation>(_ operation: Op.Type, _ arguments: Op.Arguments) {
    list.append(opnum: Op.opnum.rawValue, arguments)
  }

  /// The CB_COMPOUND's arguments. The builder is used up.
  public mutating func finish() -> ByteBuffer { list.finish() }
}

/// Why an operation of a COMPOUND has no result.
public enum CompoundFailure<Opnum: CompoundOpnum>: Error, Equatable {
  /// The operation ended with this status; those after it were not tried.
  case status(Nfsstat4, operation: Opnum)
  /// The reply is not what the protocol allows. Nothing after it can be read.
  case malformed(XDRError)
  /// Another operation's result stands where this one's has to be.
  case unexpected(opnum: UInt32, operation: Opnum)
  /// The reply ended before this operation though none failed.
  case missing(operation: Opnum)
}

/// Why an operation has no result.
public typealias CompoundError = CompoundFailure<NfsOpnum4>
/// Why a callback has no result.
public typealias CbCompoundError = CompoundFailure<NfsCbOpnum4>

/// The results of a COMPOUND or CB_COMPOUND, read in the order of the operations.
///
///     struct COMPOUND4res { nfsstat4 status; utf8str_cs tag; nfs_resop4 resarray<>; };
///     struct CB_COMPOUND4res { nfsstat4 status; utf8str_cs tag; nfs_cb_resop4 resarray<>; };
///
/// Values are slices of the reply. After a failure every further call fails.
public struct CompoundResultsOf<Opnum: CompoundOpnum> {
  /// That of the last operation that was tried.
  public let status: Nfsstat4
  /// A slice of the reply.
  public let tag: ByteBuffer
  /// How many operations have a result.
  public let count: Int

  private var decoder: XDRDecoder
  private var left: Int

  /// - Throws: `XDRError` when the header is malformed, or claims more results than the reply can
  ///   hold.
  public init(_ results: ByteBuffer) throws(XDRError) {
    decoder = XDRDecoder(results)
    status = try Nfsstat4(from: &decoder)
    tag = try decoder.opaque(limit: NFS4.tagLimitBytes)
    count = try decoder.count(limit: NFS4.compoundOperationLimit, elementBytes: 8)
    left = count
  }

  /// - Throws: `malformed` unless every result was read and nothing follows them.
  public func finish() throws(CompoundFailure<Opnum>) {
    guard left == 0 else {
      throw .malformed(.trailingBytes(count: decoder.remainingBytes))
    }
    do { try decoder.finish() } catch { throw .malformed(error) }
  }

  /// What the reply says of one operation.
  private enum Outcome<Resok> {
    case ok(Resok)
    case refused(Nfsstat4)
    case other(opnum: UInt32)
  }

  private mutating func next<Resok: XDRCodable>(
    _ operation: Opnum, skipRefusal: (Nfsstat4, inout XDRDecoder) throws(XDRError) -> Void
  ) throws(CompoundFailure<Opnum>) -> Resok {
    guard left > 0 else {
      guard status == .NFS4_OK else { throw .status(status, operation: operation) }
      throw .missing(operation: operation)
    }
    let outcome: Outcome<Resok>
    do {
      outcome = try readOutcome(operation, skipRefusal: skipRefusal)
    } catch {
      left = 0
      throw .malformed(error)
    }
    left -= 1
    switch outcome {
    case .ok(let resok): return resok
    case .refused(let status): throw .status(status, operation: operation)
    case .other(let opnum):
      left = 0
      throw .unexpected(opnum: opnum, operation: operation)
    }
  }

  private mutating func readOutcome<Resok: XDRCodable>(
    _ operation: Opnum, skipRefusal: (Nfsstat4, inout XDRDecoder) throws(XDRError) -> Void
  ) throws(XDRError) -> Outcome<Resok> {
    let opnum = try decoder.uint32()
    let status = try Nfsstat4(from: &decoder)
    if opnum == operation.rawValue {
      if status == .NFS4_OK { return .ok(try Resok(from: &decoder)) }
      try skipRefusal(status, &decoder)
      return .refused(status)
    }
    guard opnum == Opnum.illegal.rawValue, status != .NFS4_OK else { return .other(opnum: opnum) }
    return .refused(status)
  }
}

/// The results of a COMPOUND (RFC 8881 §16.2).
public typealias CompoundResults = CompoundResultsOf<NfsOpnum4>

/// The results of a CB_COMPOUND (RFC 8881 §20).
public typealias CbCompoundResults = CompoundResultsOf<NfsCbOpnum4>

extension CompoundResultsOf where Opnum == NfsOpnum4 {
  /// Reads the result of the operation that was appended next.
  /// - Throws: `status` when the server refused it or did not come to it.
  public mutating func next<Op: NfsOperation>(
    _ operation: Op.Type
  ) throws(CompoundError) -> Op.Resok {
    try next(Op.opnum) { status, decoder throws(XDRError) in
      try Op.skipRefusal(status, from: &decoder)
    }
  }
}

extension CompoundResultsOf where Opnum == NfsCbOpnum4 {
  /// Reads the result of the callback that was appended next.
  /// - Throws: `status` when the client refused it or did not come to it.
  public mutating func next<Op: NfsCbOperation>(
    _ operation: Op.Type
  ) throws(CbCompoundError) -> Op.Resok {
    try next(Op.opnum) { _, _ throws(XDRError) in }
  }
}
