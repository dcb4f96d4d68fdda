import BlockCache

extension Holdings {
  /// The next gossip payload, a ``ContentsDelta`` of at most `limitBytes`; nil if there is nothing
  /// to say, or less room than ``ContentsDelta/leastBytes``.
  ///
  /// Removals of all versions come before additions, digests of what cannot be told come last, and
  /// within each kind the version that has waited longest comes first. A bitmap that does not fit
  /// is told in parts, its lowest blocks first. What is left is told by the next call: how often
  /// to call, and so how many bytes a second gossip may cost, is the caller's decision. At 30
  /// bytes for a small file and 4 for a single block of a large one, 900 bytes carry 30 files or
  /// 200 blocks.
  public mutating func takeDelta(limitBytes: Int) -> [UInt8]? {
    guard hasNews else {
      forgetWhatCancelledOut()
      return nil
    }
    let limit = min(limitBytes, ContentsDelta.limitBytes)
    guard limit >= ContentsDelta.leastBytes else { return nil }
    var delta = DeltaDraft(roomBytes: limit - ContentsDelta.headerBytes)
    for version in order where delta.hasRoom { tellRemovals(of: version, &delta) }
    for version in order where delta.hasRoom { tellAdditions(to: version, &delta) }
    for version in delta.touched {
      if pending[version]?.isEmpty == true { pending[version] = nil }
      refresh(version)
    }
    forgetWhatCancelledOut()
    tellDigests(&delta)
    guard delta.entryCount > 0 || tree.root != saidRoot else { return nil }
    sequence += 1
    saidRoot = tree.root
    return ContentsDelta.encoded(summary, entryCount: delta.entryCount, delta.body)
  }

  /// What is being written.
  private struct DeltaDraft {
    var body = ByteWriter()
    var entryCount = 0
    /// The versions whose announced blocks change, each once or twice.
    var touched: [FileVersion] = []
    /// False once something did not fit: what is told later must not overtake it.
    var hasRoom = true
    private var roomBytes: Int

    /// Kind and version.
    private static let entryBytes = 1 + ByteWriter.versionBytes

    init(roomBytes: Int) { self.roomBytes = roomBytes }

    /// As many of the blocks, the lowest first, as there is room for.
    mutating func part(of blocks: BlockBitmap) -> BlockBitmap? {
      let part = blocks.prefix(fitting: roomBytes - Self.entryBytes)
      if part == nil { hasRoom = false }
      return part
    }

    /// Whether an entry with `payloadBytes` beside the version fits.
    mutating func fits(payloadBytes: Int) -> Bool {
      hasRoom = roomBytes >= Self.entryBytes + payloadBytes
      return hasRoom
    }

    mutating func append(_ version: FileVersion, _ change: ContentsDelta.Change) {
      let before = body.bytes.count
      ContentsDelta.Entry(version: version, change: change).encode(into: &body)
      roomBytes -= body.bytes.count - before
      entryCount += 1
      touched.append(version)
    }
  }

  private mutating func tellRemovals(of version: FileVersion, _ delta: inout DeltaDraft) {
    guard let waiting = pending[version], !waiting.removed.isEmpty else { return }
    if blocks(of: version).count == waiting.added.count {
      // Everything that others know of is gone.
      guard delta.fits(payloadBytes: 0) else { return }
      delta.append(version, .dropped)
      pending[version]?.removed = BlockBitmap()
    } else if let part = delta.part(of: waiting.removed) {
      delta.append(version, .removed(part))
      pending[version]?.removed.subtract(part)
    }
  }

  private mutating func tellAdditions(to version: FileVersion, _ delta: inout DeltaDraft) {
    guard let waiting = pending[version], !waiting.added.isEmpty,
      let part = delta.part(of: waiting.added)
    else { return }
    delta.append(version, .added(part))
    pending[version]?.added.subtract(part)
  }

  private mutating func tellDigests(_ delta: inout DeltaDraft) {
    var told = 0
    while delta.hasRoom, told < digests.count, delta.fits(payloadBytes: 8) {
      let version = digests[told]
      delta.append(version, .digest(announced(of: version).digest))
      told += 1
    }
    digests.removeFirst(told)
  }

  /// Drops the versions whose changes undid each other.
  private mutating func forgetWhatCancelledOut() {
    var kept = ContiguousArray<FileVersion>()
    for version in order {
      guard let waiting = pending[version] else { continue }
      if waiting.isEmpty {
        pending[version] = nil
        refresh(version)
      } else {
        kept.append(version)
      }
    }
    order = kept
  }
}
