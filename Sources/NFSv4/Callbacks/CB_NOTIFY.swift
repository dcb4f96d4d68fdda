public import XDR

/// A directory under delegation changed (RFC 8881 §20.4).
public enum CB_NOTIFY: NfsCbOperation {
  public typealias Arguments = CB_NOTIFY4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_NOTIFY
}

///     struct CB_NOTIFY4args { stateid4 cna_stateid; nfs_fh4 cna_fh; notify4 cna_changes<>; };
public struct CB_NOTIFY4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var fh: NfsFh4
  public var changes: [Notify4]

  public init(stateid: Stateid4, fh: NfsFh4, changes: [Notify4]) {
    self.stateid = stateid
    self.fh = fh
    self.changes = changes
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    fh = try NfsFh4(from: &decoder)
    changes = try decoder.array(limit: Notify4.countLimit, elementBytes: 8) { d throws(XDRError) in
      try Notify4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    fh.encode(to: &encoder)
    encoder.array(changes) { $0.encode(to: &$1) }
  }
}
