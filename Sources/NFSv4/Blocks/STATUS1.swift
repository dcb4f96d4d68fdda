public import XDR

/// Whether a member gets on: its answer is a sign of life, and `progress` grows with every block
/// that it received or sent.
///
///     struct STATUS1res { uint64_t progress; };
public struct STATUS1res: XDRCodable, Hashable, Sendable {
  public var progress: UInt64

  public init(progress: UInt64) {
    self.progress = progress
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    progress = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(progress)
  }
}
