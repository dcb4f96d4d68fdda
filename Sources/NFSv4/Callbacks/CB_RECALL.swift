public import XDR

/// The server wants a delegation back (RFC 8881 §20.2).
public enum CB_RECALL: NfsCbOperation {
  public typealias Arguments = CB_RECALL4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_RECALL
}

///     struct CB_RECALL4args { stateid4 stateid; bool truncate; nfs_fh4 fh; };
public struct CB_RECALL4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var truncate: Bool
  public var fh: NfsFh4

  public init(stateid: Stateid4, truncate: Bool, fh: NfsFh4) {
    self.stateid = stateid
    self.truncate = truncate
    self.fh = fh
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    truncate = try decoder.bool()
    fh = try NfsFh4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.bool(truncate)
    fh.encode(to: &encoder)
  }
}
