public import NIOCore
public import XDR

/// Changes that a client asked to be told (RFC 8881 §20.4).
///
///     typedef opaque notifylist4<>;
///     struct notify4 { bitmap4 notify_mask; notifylist4 notify_vals; };
public struct Notify4: XDRCodable, Hashable, Sendable {
  /// Bytes of one notification's values that are read.
  static let valsLimitBytes = 64 * 1024
  /// Notifications in one callback that are read.
  static let countLimit = 1024

  /// Which kinds of change, in the order of their bits in `vals`.
  public var mask: Bitmap4
  public var vals: ByteBuffer

  public init(mask: Bitmap4, vals: ByteBuffer) {
    self.mask = mask
    self.vals = vals
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    mask = try Bitmap4(from: &decoder)
    vals = try decoder.opaque(limit: Self.valsLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    mask.encode(to: &encoder)
    encoder.opaque(vals)
  }
}
