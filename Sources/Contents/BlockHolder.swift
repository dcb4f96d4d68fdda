public import Membership

/// A member and which of the blocks asked for it holds.
public struct BlockHolder: Hashable, Sendable {
  /// Who holds them.
  public var member: MemberID
  /// Which of them; at least one.
  public var blocks: BlockBitmap

  /// A member and the blocks it holds.
  public init(member: MemberID, blocks: BlockBitmap) {
    self.member = member
    self.blocks = blocks
  }
}
