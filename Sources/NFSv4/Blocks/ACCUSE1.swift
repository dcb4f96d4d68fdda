public import XDR

/// A member sent bytes that are not those of the block it was asked for.
///
///     struct ACCUSE1args { member1 member; };
public struct ACCUSE1args: XDRCodable, Hashable, Sendable {
  public var member: UInt64

  public init(member: UInt64) {
    self.member = member
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    member = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(member)
  }
}
