import BlockCache
import NIOCore

/// Blocks to be fetched, in the order in which they are: what somebody waits for first, then what
/// is fetched ahead; of one file version together, as one request asks for one.
struct FetchQueue: Sendable {
  /// One request's worth.
  struct Batch: Hashable, Sendable {
    var file: BlockFile
    var indices: [UInt32]
  }

  private struct Pending {
    var file: BlockFile
    var demand: [UInt32] = []
    var ahead: [UInt32] = []
  }

  private let limit: Int
  private var pending: [FileVersion: Pending] = [:]
  private var demandOrder = CircularBuffer<FileVersion>()
  private var aheadOrder = CircularBuffer<FileVersion>()
  /// Blocks that wait.
  private(set) var count = 0

  /// - Parameter limit: the most blocks that wait; more are refused.
  init(limit: Int) { self.limit = limit }

  /// - Returns: whether there was room.
  mutating func append(_ index: UInt32, of file: BlockFile, isDemand: Bool) -> Bool {
    guard count < limit else { return false }
    count += 1
    var entry = pending[file.version] ?? Pending(file: file)
    if isDemand {
      if entry.demand.isEmpty { demandOrder.append(file.version) }
      entry.demand.append(index)
    } else {
      if entry.ahead.isEmpty { aheadOrder.append(file.version) }
      entry.ahead.append(index)
    }
    pending[file.version] = entry
    return true
  }

  /// Somebody waits for a block that was to be fetched ahead; nothing where it does not wait.
  mutating func promote(_ index: UInt32, of version: FileVersion) {
    guard var entry = pending[version], let place = entry.ahead.firstIndex(of: index) else {
      return
    }
    entry.ahead.remove(at: place)
    if entry.demand.isEmpty { demandOrder.append(version) }
    entry.demand.append(index)
    pending[version] = entry
  }

  /// Takes what to ask for next: at most `blockLimit` blocks. Files take turns.
  mutating func next(blockLimit: Int) -> Batch? {
    while let version = demandOrder.popFirst() {
      guard let batch = take(version, from: \.demand, blockLimit) else { continue }
      if pending[version]?.demand.isEmpty == false { demandOrder.append(version) }
      return batch
    }
    while let version = aheadOrder.popFirst() {
      guard let batch = take(version, from: \.ahead, blockLimit) else { continue }
      if pending[version]?.ahead.isEmpty == false { aheadOrder.append(version) }
      return batch
    }
    return nil
  }

  private mutating func take(
    _ version: FileVersion, from list: WritableKeyPath<Pending, [UInt32]> & Sendable,
    _ blockLimit: Int
  ) -> Batch? {
    guard var entry = pending[version], !entry[keyPath: list].isEmpty else { return nil }
    let taken = Array(entry[keyPath: list].prefix(blockLimit))
    entry[keyPath: list].removeFirst(taken.count)
    count -= taken.count
    pending[version] = entry.demand.isEmpty && entry.ahead.isEmpty ? nil : entry
    return Batch(file: entry.file, indices: taken)
  }
}
