public import XDR

/// What an object is.
///
///     enum nfs_ftype4 {
///         NF4REG = 1, NF4DIR = 2, NF4BLK = 3, NF4CHR = 4, NF4LNK = 5, NF4SOCK = 6, NF4FIFO = 7,
///         NF4ATTRDIR = 8, NF4NAMEDATTR = 9
///     };
public enum NfsFtype4: UInt32, XDRCodable, Sendable {
  case NF4REG = 1
  case NF4DIR = 2
  case NF4BLK = 3
  case NF4CHR = 4
  case NF4LNK = 5
  case NF4SOCK = 6
  case NF4FIFO = 7
  case NF4ATTRDIR = 8
  case NF4NAMEDATTR = 9

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "nfs_ftype4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}
