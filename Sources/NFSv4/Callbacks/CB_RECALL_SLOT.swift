public import XDR

/// The client shall use fewer slots (RFC 8881 §20.8).
public enum CB_RECALL_SLOT: NfsCbOperation {
  public typealias Arguments = CB_RECALL_SLOT4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_RECALL_SLOT
}

///     struct CB_RECALL_SLOT4args { slotid4 rsa_target_highest_slotid; };
public struct CB_RECALL_SLOT4args: XDRCodable, Hashable, Sendable {
  public var targetHighestSlotid: UInt32

  public init(targetHighestSlotid: UInt32) {
    self.targetHighestSlotid = targetHighestSlotid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    targetHighestSlotid = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(targetHighestSlotid)
  }
}
