public import BlockCache

/// What this node itself holds, and what it has told of it.
///
/// The block store reports every block that it stored, evicted or dropped. Two sets follow from
/// that: what is held, and what was **announced**, which lags behind by what is pending:
///
///     announced = (held − added) ∪ removed          added ⊆ held, removed ∩ held = ∅
///
///     insert: removed → nothing   else → added      a change and its opposite cancel out,
///     remove: added → nothing     else → removed    whatever happened in between
///     takeDelta: some of added and removed → the next delta
///
/// All digests are over what was announced. So a member that got every delta has exactly the root
/// that the last one carries, however much is still to be told; and a root that differs means that
/// something was missed, not that something is on its way.
///
/// Changes that are too many to be told (``HoldingsLimits``) become announced at once without a
/// delta: the root says that something changed, others learn what by anti-entropy.
public struct Holdings: Sendable {
  struct Held: Sendable {
    var blocks = BlockBitmap()
    /// The ``DigestTree/term(of:_:)`` of what was announced; 0 if nothing was.
    var announced: UInt64 = 0
  }

  struct Pending: Sendable {
    var added = BlockBitmap()
    var removed = BlockBitmap()

    var isEmpty: Bool { added.isEmpty && removed.isEmpty }
    var words: Int { max(added.storedWords, removed.storedWords) }
  }

  /// The number of this life, see ``ContentsSummary/generation``.
  public let generation: UInt64
  /// The bounds.
  public let limits: HoldingsLimits
  /// How many deltas were taken.
  public internal(set) var sequence: UInt64 = 0
  /// How many blocks are held.
  public private(set) var blockCount = 0
  /// How many versions are listed: those with blocks, and those whose end was not told yet.
  public private(set) var versionCount = 0
  /// How often blocks were held and not listed because of ``HoldingsLimits/versions`` or
  /// ``BlockBitmap/wordLimit``.
  public private(set) var unlistedBlocks: UInt64 = 0
  /// How often what changed was left to anti-entropy.
  public internal(set) var summarised: UInt64 = 0

  /// By ``DigestTree/bucket(of:)``.
  var buckets = ContiguousArray<[FileVersion: Held]>(repeating: [:], count: DigestTree.bucketCount)
  /// Over what was announced.
  var tree = DigestTree()
  /// What the last delta said the root was.
  var saidRoot = DigestTree.emptyRoot
  var pending: [FileVersion: Pending] = [:]
  /// The keys of `pending`, the one that has waited longest first.
  var order: ContiguousArray<FileVersion> = []
  /// Versions of which only the digest is to be told.
  var digests: ContiguousArray<FileVersion> = []
  /// How many digests of versions were computed: what the upkeep of the tree costs.
  var computedTerms = 0

  /// A node that holds nothing yet and told nobody.
  /// - Parameter generation: drawn at random when the process starts; ``MemberRecord/boot`` will
  ///   do.
  public init(generation: UInt64, limits: HoldingsLimits = HoldingsLimits()) {
    self.generation = generation
    self.limits = limits
  }

  /// Whether the block is held.
  public func contains(_ key: BlockKey) -> Bool {
    buckets[DigestTree.bucket(of: key.version)][key.version]?.blocks.contains(key.index) ?? false
  }

  /// The blocks of `version` that are held.
  public func blocks(of version: FileVersion) -> BlockBitmap {
    buckets[DigestTree.bucket(of: version)][version]?.blocks ?? BlockBitmap()
  }

  /// The versions that blocks are held of, in an order that depends on nothing else.
  public var versions: [FileVersion] {
    buckets.flatMap { bucket in
      bucket.filter { !$0.value.blocks.isEmpty }.keys.sorted { $0.precedes($1) }
    }
  }

  /// What others need to see whether they know what was announced.
  public var summary: ContentsSummary {
    ContentsSummary(generation: generation, sequence: sequence, root: tree.root)
  }

  /// The summary as a gossip payload for ``ContentsView/apply(_:from:now:)``, to be repeated every
  /// few seconds when no delta goes out: the loss of the last delta shows only thus.
  public var announcement: [UInt8] { ContentsAnnouncement.encoded(summary) }

  /// Whether ``takeDelta(limitBytes:)`` has something to say.
  public var hasNews: Bool { !pending.isEmpty || !digests.isEmpty || tree.root != saidRoot }

  /// The block store holds this block now. Whether that is new.
  @discardableResult
  public mutating func insert(_ key: BlockKey) -> Bool {
    let bucket = DigestTree.bucket(of: key.version)
    guard list(key, in: bucket) else { return false }
    note(key.version) { pending in
      if !pending.removed.remove(key.index) { pending.added.insert(key.index) }
    }
    return true
  }

  /// The block store holds this block no more. Whether it was held.
  @discardableResult
  public mutating func remove(_ key: BlockKey) -> Bool {
    let bucket = DigestTree.bucket(of: key.version)
    guard buckets[bucket][key.version]?.blocks.remove(key.index) == true else { return false }
    blockCount -= 1
    note(key.version) { pending in
      if !pending.added.remove(key.index) { pending.removed.insert(key.index) }
    }
    return true
  }

  /// The block store dropped every block of `version`.
  public mutating func removeVersion(_ version: FileVersion) {
    let bucket = DigestTree.bucket(of: version)
    guard var blocks = buckets[bucket][version]?.blocks, !blocks.isEmpty else { return }
    blockCount -= blocks.count
    buckets[bucket][version]?.blocks = BlockBitmap()
    note(version) { pending in
      blocks.subtract(pending.added)
      pending.added = BlockBitmap()
      pending.removed.formUnion(blocks)
    }
  }

  /// What the block store holds when it starts, in any order; blocks of one version that come
  /// together cost least. All of it is announced by the root digest alone: whoever joins has to
  /// ask anyway.
  public mutating func load(_ keys: some Sequence<BlockKey>) {
    var touched: Set<FileVersion> = []
    var gathered = BlockBitmap()
    var current: FileVersion?
    for key in keys {
      if key.version != current {
        if let current { list(gathered, of: current) }
        gathered = BlockBitmap()
        current = key.version
        touched.insert(key.version)
      }
      if !gathered.insert(key.index), !gathered.contains(key.index) { unlistedBlocks += 1 }
    }
    if let current { list(gathered, of: current) }
    for version in touched {
      pending[version] = nil
      refresh(version)
    }
    order.removeAll { pending[$0] == nil }
  }

  /// Lists a block as held. False if it was, or may not be.
  private mutating func list(_ key: BlockKey, in bucket: Int) -> Bool {
    guard hasRoom(for: key.version, in: bucket) else {
      unlistedBlocks += 1
      return false
    }
    let inserted = buckets[bucket][key.version, default: Held()].blocks.insert(key.index)
    if inserted {
      blockCount += 1
    } else if buckets[bucket][key.version]?.blocks.contains(key.index) == false {
      unlistedBlocks += 1
    }
    return inserted
  }

  /// Lists blocks of one version: a few one by one, many at once.
  private mutating func list(_ blocks: BlockBitmap, of version: FileVersion) {
    let bucket = DigestTree.bucket(of: version)
    let count = blocks.count
    guard count > 64 else {
      for run in blocks.runs {
        for index in run.first...run.last {
          _ = list(BlockKey(version: version, index: index), in: bucket)
        }
      }
      return
    }
    guard hasRoom(for: version, in: bucket) else { return unlistedBlocks += UInt64(count) }
    let before = self.blocks(of: version).count
    let isWhole = buckets[bucket][version, default: Held()].blocks.formUnion(blocks)
    if !isWhole { unlistedBlocks += UInt64(count) }
    blockCount += self.blocks(of: version).count - before
  }

  /// Whether a version is listed, or may be; then it is counted.
  private mutating func hasRoom(for version: FileVersion, in bucket: Int) -> Bool {
    guard buckets[bucket][version] == nil else { return true }
    guard versionCount < limits.versions else { return false }
    versionCount += 1
    return true
  }

  /// Something about `version` is to be told, or not any more.
  private mutating func note(_ version: FileVersion, _ change: (inout Pending) -> Void) {
    let before = pending.count
    change(&pending[version, default: Pending()])
    if pending.count > before { order.append(version) }
    if pending[version]?.words ?? 0 > limits.pendingWordsPerVersion,
      !blocks(of: version).isEmpty
    {
      // A version of which nothing is left is told in a word, however many blocks it had.
      leaveToAntiEntropy(version)
    } else if pending.count > limits.pendingVersions {
      summarised += 1
      let all = order
      order = []
      pending = [:]
      digests = []
      for version in all { refresh(version) }
    }
  }

  /// Gives up on telling what changed in `version`: its digest has to do.
  private mutating func leaveToAntiEntropy(_ version: FileVersion) {
    summarised += 1
    pending[version] = nil
    order.removeAll { $0 == version }
    refresh(version)
    guard !digests.contains(version), digests.count < limits.digests else { return }
    digests.append(version)
  }

  /// What was announced of `version`.
  func announced(of version: FileVersion) -> BlockBitmap {
    var blocks = blocks(of: version)
    if let pending = pending[version] {
      blocks.subtract(pending.added)
      blocks.formUnion(pending.removed)
    }
    return blocks
  }

  /// Brings the digests up to date with what was announced of `version`, and forgets it if there
  /// is nothing to know of it.
  mutating func refresh(_ version: FileVersion) {
    let bucket = DigestTree.bucket(of: version)
    guard let held = buckets[bucket][version] else { return }
    let term = DigestTree.term(of: version, announced(of: version))
    computedTerms += 1
    tree.replace(held.announced, by: term, in: bucket)
    if term == 0, held.blocks.isEmpty, pending[version] == nil {
      buckets[bucket][version] = nil
      versionCount -= 1
    } else {
      buckets[bucket][version]?.announced = term
    }
  }

  /// About how many bytes of memory this takes: for each version a row at the dictionary's
  /// emptiest, and the bitmaps; the same for what is pending.
  public var approximateBytes: Int {
    let rowBytes = MemoryLayout<(FileVersion, Held)>.stride * 8 / 3
    let pendingBytes = MemoryLayout<(FileVersion, Pending)>.stride * 8 / 3
    var total = MemoryLayout<Holdings>.size + DigestTree.bucketCount * 48
    for bucket in buckets {
      total += bucket.count * rowBytes
      for held in bucket.values { total += held.blocks.heapBytes }
    }
    for pending in pending.values {
      total += pendingBytes + pending.added.heapBytes + pending.removed.heapBytes
    }
    return total + 2 * (order.count + digests.count) * MemoryLayout<FileVersion>.stride
  }
}
