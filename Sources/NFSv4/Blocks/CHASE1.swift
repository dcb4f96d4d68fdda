public import XDR

/// Looks for members that wait for each other in a circle: passed on from each member to the one
/// that it asked for the block, until it comes back to whom it names, or to one that does not wait.
///
///     struct CHASE1args { file1 file; uint32_t index; member1 initiator; };
public struct CHASE1args: XDRCodable, Hashable, Sendable {
  public var file: BlockFile1
  public var index: UInt32
  public var initiator: UInt64

  public init(file: BlockFile1, index: UInt32, initiator: UInt64) {
    self.file = file
    self.index = index
    self.initiator = initiator
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    file = try BlockFile1(from: &decoder)
    index = try decoder.uint32()
    initiator = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    file.encode(to: &encoder)
    encoder.uint32(index)
    encoder.uint64(initiator)
  }
}
