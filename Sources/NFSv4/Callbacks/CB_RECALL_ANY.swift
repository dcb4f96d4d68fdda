public import XDR

/// The server wants some recallable objects back, the client chooses (RFC 8881 §20.6).
public enum CB_RECALL_ANY: NfsCbOperation {
  public typealias Arguments = CB_RECALL_ANY4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_RECALL_ANY
}

///     struct CB_RECALL_ANY4args { uint32_t craa_objects_to_keep; bitmap4 craa_type_mask; };
public struct CB_RECALL_ANY4args: XDRCodable, Hashable, Sendable {
  public var objectsToKeep: UInt32
  /// Bits of `Rca4TypeMask`.
  public var typeMask: Bitmap4

  public init(objectsToKeep: UInt32, typeMask: Bitmap4) {
    self.objectsToKeep = objectsToKeep
    self.typeMask = typeMask
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    objectsToKeep = try decoder.uint32()
    typeMask = try Bitmap4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(objectsToKeep)
    typeMask.encode(to: &encoder)
  }
}

/// `RCA4_TYPE_MASK_*`: bit numbers of the kinds of recallable objects (RFC 8881 §20.6.3, RFC 8435).
public enum Rca4TypeMask {
  public static let RDATA_DLG = 0
  public static let WDATA_DLG = 1
  public static let DIR_DLG = 2
  public static let FILE_LAYOUT = 3
  public static let BLK_LAYOUT = 4
  public static let OBJ_LAYOUT_MIN = 8
  public static let OBJ_LAYOUT_MAX = 9
  public static let OTHER_LAYOUT_MIN = 12
  public static let OTHER_LAYOUT_MAX = 15
  public static let FF_LAYOUT_READ = 16
  public static let FF_LAYOUT_RW = 17
}
