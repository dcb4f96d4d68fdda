public import XDR

/// Changes a backchannel's program and credentials (RFC 8881 §18.33).
public enum BACKCHANNEL_CTL: NfsOperation {
  public typealias Arguments = BACKCHANNEL_CTL4args
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_BACKCHANNEL_CTL
}

///     struct BACKCHANNEL_CTL4args {
///         uint32_t bca_cb_program; callback_sec_parms4 bca_sec_parms<>;
///     };
public struct BACKCHANNEL_CTL4args: XDRCodable, Hashable, Sendable {
  public var cbProgram: UInt32
  public var secParms: [CallbackSecParms4]

  public init(cbProgram: UInt32, secParms: [CallbackSecParms4]) {
    self.cbProgram = cbProgram
    self.secParms = secParms
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    cbProgram = try decoder.uint32()
    secParms = try decoder.array(limit: CallbackSecParms4.countLimit) { d throws(XDRError) in
      try CallbackSecParms4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(cbProgram)
    encoder.array(secParms) { $0.encode(to: &$1) }
  }
}
