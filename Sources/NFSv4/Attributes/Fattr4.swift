public import NIOCore
public import XDR

/// Attributes as they are on the wire: which, and their values in the order of their numbers.
///
///     struct fattr4 { bitmap4 attrmask; attrlist4 attr_vals; };
///
/// The values of a decoded one are a slice of the request, at most `NFS4.attrlistLimitBytes` long;
/// `FileAttributes(decoding:)` reads them.
public struct Fattr4: XDRCodable, Hashable, Sendable {
  public var attrmask: Bitmap4
  public var attrVals: ByteBuffer

  public init(attrmask: Bitmap4 = Bitmap4(), attrVals: ByteBuffer = ByteBuffer()) {
    self.attrmask = attrmask
    self.attrVals = attrVals
  }

  /// Those of `attributes` that are set and in `mask`.
  public init(_ attributes: FileAttributes, mask: Bitmap4 = FileAttributes.known) {
    var encoder = XDREncoder()
    attrmask = attributes.present.intersection(mask)
    attributes.encodeValues(attrmask, to: &encoder)
    attrVals = encoder.finishContiguous()
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    attrmask = try Bitmap4(from: &decoder)
    attrVals = try decoder.opaque(limit: NFS4.attrlistLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    attrmask.encode(to: &encoder)
    encoder.opaque(attrVals)
  }
}
