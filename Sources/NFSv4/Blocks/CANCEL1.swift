public import XDR

/// The caller does not want a block any more that it asked for on this connection. What is on its
/// way already arrives all the same.
///
///     struct CANCEL1args { file1 file; uint32_t index; };
public struct CANCEL1args: XDRCodable, Hashable, Sendable {
  public var file: BlockFile1
  public var index: UInt32

  public init(file: BlockFile1, index: UInt32) {
    self.file = file
    self.index = index
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    file = try BlockFile1(from: &decoder)
    index = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    file.encode(to: &encoder)
    encoder.uint32(index)
  }
}
