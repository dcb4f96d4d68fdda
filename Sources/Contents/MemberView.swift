import Membership

/// What a ``ContentsView`` keeps of one member beside its claims.
struct MemberView: Sendable {
  /// What a member is charged beside its claims: the tree, and this row in an array and a
  /// dictionary at their emptiest.
  static let fixedBytes =
    DigestTree.bucketCount * 8 + ContiguousArray<UInt64>.headerBytes
    + 3 * MemoryLayout<MemberView>.stride

  let id: MemberID
  /// Over what this member claims, as far as it is remembered.
  var tree = DigestTree()
  /// How many versions it claims something of.
  var versionCount = 0
  /// What its claims are charged.
  var chargedBytes = 0
  /// Something it claims is not remembered, because of a limit.
  var isClipped = false
  var stream = DeltaStream()
  var schedule = PullSchedule()
  var trust = MemberTrust()

  init(id: MemberID) { self.id = id }

  /// Whether what is remembered is what the member last said it announced. Also while nothing was
  /// heard from it.
  var isExact: Bool { stream.announced.map { $0.root == tree.root } ?? true }
}
