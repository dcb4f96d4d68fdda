public import XDR

/// Copies within or between servers (RFC 7862 §15.2).
public enum COPY: NfsOperation {
  public typealias Arguments = COPY4args
  public typealias Resok = COPY4resok
  public static let opnum = NfsOpnum4.OP_COPY

  /// Says that neither could be met: who knows better writes `encodeRequirements` instead.
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {
    guard status == .NFS4ERR_OFFLOAD_NO_REQS else { return }
    encodeRequirements(CopyRequirements4(consecutive: false, synchronous: false), to: &encoder)
  }

  /// Writes what follows NFS4ERR_OFFLOAD_NO_REQS.
  public static func encodeRequirements(
    _ requirements: CopyRequirements4, to encoder: inout XDREncoder
  ) {
    requirements.encode(to: &encoder)
  }

  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {
    guard status == .NFS4ERR_OFFLOAD_NO_REQS else { return }
    _ = try CopyRequirements4(from: &decoder)
  }
}

///     struct COPY4args {
///         stateid4 ca_src_stateid; stateid4 ca_dst_stateid; offset4 ca_src_offset;
///         offset4 ca_dst_offset; length4 ca_count; bool ca_consecutive; bool ca_synchronous;
///         netloc4 ca_source_server<>;
///     };
public struct COPY4args: XDRCodable, Hashable, Sendable {
  public var srcStateid: Stateid4
  public var dstStateid: Stateid4
  public var srcOffset: UInt64
  public var dstOffset: UInt64
  /// Bytes; 0 is up to the end of the source.
  public var count: UInt64
  public var consecutive: Bool
  public var synchronous: Bool
  /// Empty for a copy within this server.
  public var sourceServer: [Netloc4]

  public init(
    srcStateid: Stateid4, dstStateid: Stateid4, srcOffset: UInt64, dstOffset: UInt64, count: UInt64,
    consecutive: Bool, synchronous: Bool, sourceServer: [Netloc4]
  ) {
    self.srcStateid = srcStateid
    self.dstStateid = dstStateid
    self.srcOffset = srcOffset
    self.dstOffset = dstOffset
    self.count = count
    self.consecutive = consecutive
    self.synchronous = synchronous
    self.sourceServer = sourceServer
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    srcStateid = try Stateid4(from: &decoder)
    dstStateid = try Stateid4(from: &decoder)
    srcOffset = try decoder.uint64()
    dstOffset = try decoder.uint64()
    count = try decoder.uint64()
    consecutive = try decoder.bool()
    synchronous = try decoder.bool()
    sourceServer = try decoder.array(limit: Netloc4.countLimit, elementBytes: 8) {
      d throws(XDRError) in try Netloc4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    srcStateid.encode(to: &encoder)
    dstStateid.encode(to: &encoder)
    encoder.uint64(srcOffset)
    encoder.uint64(dstOffset)
    encoder.uint64(count)
    encoder.bool(consecutive)
    encoder.bool(synchronous)
    encoder.array(sourceServer) { $0.encode(to: &$1) }
  }
}

///     struct COPY4resok { write_response4 cr_response; copy_requirements4 cr_requirements; };
public struct COPY4resok: XDRCodable, Hashable, Sendable {
  public var response: WriteResponse4
  public var requirements: CopyRequirements4

  public init(response: WriteResponse4, requirements: CopyRequirements4) {
    self.response = response
    self.requirements = requirements
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    response = try WriteResponse4(from: &decoder)
    requirements = try CopyRequirements4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    response.encode(to: &encoder)
    requirements.encode(to: &encoder)
  }
}

/// How a copy is made.
///
///     struct copy_requirements4 { bool cr_consecutive; bool cr_synchronous; };
public struct CopyRequirements4: XDRCodable, Hashable, Sendable {
  public var consecutive: Bool
  public var synchronous: Bool

  public init(consecutive: Bool, synchronous: Bool) {
    self.consecutive = consecutive
    self.synchronous = synchronous
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    consecutive = try decoder.bool()
    synchronous = try decoder.bool()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(consecutive)
    encoder.bool(synchronous)
  }
}
