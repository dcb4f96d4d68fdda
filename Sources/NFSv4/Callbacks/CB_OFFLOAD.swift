public import XDR

/// A copy that ran in the background has ended (RFC 7862 §16.1).
public enum CB_OFFLOAD: NfsCbOperation {
  public typealias Arguments = CB_OFFLOAD4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_OFFLOAD
}

///     union offload_info4 switch (nfsstat4 coa_status) {
///         case NFS4_OK: write_response4 coa_resok4;
///         default:      length4 coa_bytes_copied;
///     };
public enum OffloadInfo4: XDRCodable, Hashable, Sendable {
  case ok(WriteResponse4)
  /// The status is not `NFS4_OK`.
  case failed(Nfsstat4, bytesCopied: UInt64)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try Nfsstat4(from: &decoder) {
    case .NFS4_OK: self = .ok(try WriteResponse4(from: &decoder))
    case let status: self = .failed(status, bytesCopied: try decoder.uint64())
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .ok(let response):
      Nfsstat4.NFS4_OK.encode(to: &encoder)
      response.encode(to: &encoder)
    case .failed(let status, let bytesCopied):
      precondition(status != .NFS4_OK, "a failure with NFS4_OK")
      status.encode(to: &encoder)
      encoder.uint64(bytesCopied)
    }
  }
}

///     struct CB_OFFLOAD4args {
///         nfs_fh4 coa_fh; stateid4 coa_stateid; offload_info4 coa_offload_info;
///     };
public struct CB_OFFLOAD4args: XDRCodable, Hashable, Sendable {
  public var fh: NfsFh4
  public var stateid: Stateid4
  public var offloadInfo: OffloadInfo4

  public init(fh: NfsFh4, stateid: Stateid4, offloadInfo: OffloadInfo4) {
    self.fh = fh
    self.stateid = stateid
    self.offloadInfo = offloadInfo
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    fh = try NfsFh4(from: &decoder)
    stateid = try Stateid4(from: &decoder)
    offloadInfo = try OffloadInfo4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    fh.encode(to: &encoder)
    stateid.encode(to: &encoder)
    offloadInfo.encode(to: &encoder)
  }
}
