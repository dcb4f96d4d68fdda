import BlockCache

/// Who claims to hold which blocks of one version.
///
/// Members that hold the same blocks share one bitmap: everybody who has the whole file, and
/// everybody who ran the same program from it. A member whose blocks nobody else has exactly like
/// that has a bitmap alone. A version that all its holders hold whole takes the row and nothing
/// else.
struct VersionClaims: Sendable {
  /// Blocks that one or more members hold exactly like that.
  struct Shared: Sendable {
    var blocks = BlockBitmap()
    var members = MemberSet()
  }

  /// Blocks of one member.
  struct Single: Sendable {
    var blocks: BlockBitmap
    var slot: UInt16
  }

  let version: FileVersion
  /// The first of the shared ones is in the row itself; without members it is free.
  private var first = Shared()
  private var more: ContiguousArray<Shared> = []
  /// By ascending slot.
  private var singles: ContiguousArray<Single> = []

  init(version: FileVersion) { self.version = version }

  var isEmpty: Bool { first.members.isEmpty && more.isEmpty && singles.isEmpty }

  /// How many bitmaps a look-up reads.
  var bitmapCount: Int { (first.members.isEmpty ? 0 : 1) + more.count + singles.count }

  /// What `slot` claims; nothing if it claims nothing.
  func blocks(of slot: Int) -> BlockBitmap {
    if first.members.contains(slot) { return first.blocks }
    if let shared = more.first(where: { $0.members.contains(slot) }) { return shared.blocks }
    let place = place(of: slot)
    guard place < singles.count, singles[place].slot == slot else { return BlockBitmap() }
    return singles[place].blocks
  }

  /// Who claims the block.
  func holders(of index: UInt32) -> MemberSet {
    var holders = MemberSet()
    if first.blocks.contains(index) { holders = first.members }
    for shared in more where shared.blocks.contains(index) { holders.formUnion(shared.members) }
    for single in singles where single.blocks.contains(index) { holders.insert(Int(single.slot)) }
    return holders
  }

  /// Who claims anything.
  var members: MemberSet {
    var members = first.members
    for shared in more { members.formUnion(shared.members) }
    for single in singles { members.insert(Int(single.slot)) }
    return members
  }

  /// Calls `body` with each bitmap and those who claim it.
  func forEach(_ body: (BlockBitmap, MemberSet) -> Void) {
    if !first.members.isEmpty { body(first.blocks, first.members) }
    for shared in more { body(shared.blocks, shared.members) }
    for single in singles {
      var member = MemberSet()
      member.insert(Int(single.slot))
      body(single.blocks, member)
    }
  }

  /// The bitmap that has this ``DigestTree/term(of:_:)``, if it is among those that several share
  /// or among the first few of the others: hashing all of them could cost more than asking.
  func blocks(withTerm term: UInt64) -> BlockBitmap? {
    let candidates = [first] + more
    let isIt = { (blocks: BlockBitmap) in DigestTree.term(of: version, blocks) == term }
    return candidates.prefix(Self.hashedBitmaps).first { isIt($0.blocks) }?.blocks
      ?? singles.prefix(Self.hashedBitmaps).first { isIt($0.blocks) }?.blocks
  }

  private static let hashedBitmaps = 4

  /// Takes the claim of `slot` out and returns it.
  mutating func take(_ slot: Int) -> BlockBitmap {
    if first.members.contains(slot) {
      first.members.remove(slot)
      let blocks = first.blocks
      if first.members.isEmpty {
        first = more.popLast() ?? Shared()
        more.trim()
      }
      return blocks
    }
    if let place = more.firstIndex(where: { $0.members.contains(slot) }) {
      more[place].members.remove(slot)
      let blocks = more[place].blocks
      if more[place].members.isEmpty {
        more.swapAt(place, more.count - 1)
        more.removeLast()
        more.trim()
      }
      return blocks
    }
    let place = place(of: slot)
    guard place < singles.count, singles[place].slot == slot else { return BlockBitmap() }
    return removeSingle(at: place)
  }

  /// Claims `blocks`, which are compact, trimmed and not empty, for `slot`, which claims nothing.
  mutating func put(_ slot: Int, _ blocks: BlockBitmap) {
    if !first.members.isEmpty, first.blocks.isIdentical(to: blocks) {
      first.members.insert(slot)
    } else if let place = more.firstIndex(where: { $0.blocks.isIdentical(to: blocks) }) {
      more[place].members.insert(slot)
    } else if let place = singles.firstIndex(where: { $0.blocks.isIdentical(to: blocks) }) {
      let other = Int(singles[place].slot)
      var shared = Shared(blocks: removeSingle(at: place))
      shared.members.insert(other)
      shared.members.insert(slot)
      add(shared)
    } else if first.members.isEmpty, singles.isEmpty {
      var shared = Shared(blocks: blocks)
      shared.members.insert(slot)
      add(shared)
    } else {
      singles.growByQuarter()
      singles.insert(
        Single(blocks: blocks, slot: UInt16(truncatingIfNeeded: slot)), at: place(of: slot))
    }
  }

  private mutating func add(_ shared: Shared) {
    if first.members.isEmpty {
      first = shared
    } else {
      more.growByQuarter()
      more.append(shared)
    }
  }

  private mutating func removeSingle(at place: Int) -> BlockBitmap {
    let blocks = singles.remove(at: place).blocks
    singles.trim()
    return blocks
  }

  /// Where the single claim of `slot` is or would be.
  private func place(of slot: Int) -> Int {
    var low = 0
    var high = singles.count
    while low < high {
      let middle = (low + high) / 2
      if Int(singles[middle].slot) < slot { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// The most bytes of memory beside the row itself, counted from what is in it.
  var heapBytes: Int {
    var bytes = first.blocks.heapBytes + first.members.heapBytes
    bytes += ContiguousArray<Shared>.chargedBytes(more.count)
    for shared in more { bytes += shared.blocks.heapBytes + shared.members.heapBytes }
    bytes += ContiguousArray<Single>.chargedBytes(singles.count)
    for single in singles { bytes += single.blocks.heapBytes }
    return bytes
  }

  /// What it really takes beside the row itself.
  var measuredBytes: Int {
    var bytes = first.blocks.measuredBytes + first.members.measuredBytes
    bytes += more.measuredBytes + singles.measuredBytes
    for shared in more { bytes += shared.blocks.measuredBytes + shared.members.measuredBytes }
    for single in singles { bytes += single.blocks.measuredBytes }
    return bytes
  }
}
