public import BlockCache
public import Membership

extension ContentsView {
  /// Who holds the block, as far as it is known: members that are trusted and were not found
  /// without it lately, in an order that means nothing but is the same for the same history.
  ///
  /// One look-up of the version and one of the block in each different bitmap of it: one bitmap
  /// where all hold the whole file.
  public func holders(of key: BlockKey) -> [MemberID] {
    guard let claims = claims.claims(on: key.version) else { return [] }
    var holders = claims.holders(of: key.index)
    holders.subtract(distrustedSlots)
    if !deniedSlots.isEmpty, let denied = deniedSlots[key] { holders.subtract(denied) }
    return ids(of: holders)
  }

  /// Who holds which of the blocks `run` of a version, under the same conditions: for planning
  /// what to ask whom in batches.
  public func holders(of version: FileVersion, _ run: BlockRun) -> [BlockHolder] {
    guard let claims = claims.claims(on: version) else { return [] }
    var holders: [BlockHolder] = []
    claims.forEach { blocks, members in
      let found = blocks.intersection(run)
      guard !found.isEmpty else { return }
      var trusted = members
      trusted.subtract(distrustedSlots)
      holders += ids(of: trusted).map { BlockHolder(member: $0, blocks: found) }
    }
    for denial in denials where denial.key.version == version {
      guard let member = views[denial.slot]?.id,
        let place = holders.firstIndex(where: { $0.member == member })
      else { continue }
      holders[place].blocks.remove(denial.key.index)
      if holders[place].blocks.isEmpty { holders.remove(at: place) }
    }
    return holders
  }

  /// Whether `member` claims the block and was not found without it lately, trusted or not.
  public func holds(_ member: MemberID, _ key: BlockKey) -> Bool {
    guard let slot = slots[member],
      claims.claims(on: key.version)?.blocks(of: slot).contains(key.index) == true
    else { return false }
    return deniedSlots[key]?.contains(slot) != true
  }

  /// The blocks of a version that `member` announced, as far as they are remembered; whether they
  /// were disproved or it is trusted does not matter.
  public func blocks(of version: FileVersion, announcedBy member: MemberID) -> BlockBitmap {
    guard let slot = slots[member] else { return BlockBitmap() }
    return claims.claims(on: version)?.blocks(of: slot) ?? BlockBitmap()
  }

  private func ids(of slots: MemberSet) -> [MemberID] {
    var ids: [MemberID] = []
    slots.forEach { slot in
      if let id = views[slot]?.id { ids.append(id) }
    }
    return ids
  }
}
