public import BlockCache

/// What an operator, or a simulation, can be told of one block.
extension Exchange {
  /// One line: whether the block is wanted, of whom it was asked, who waits for it.
  public func account(of key: BlockKey) -> String {
    var parts: [String] = []
    if let block = pending[key] {
      parts.append(block.isDemand ? "waited for" : "read ahead")
      parts.append("\(block.attempts) attempts")
      for asked in block.asked {
        switch asked.source {
        case .member(let member):
          let outstanding = sources[member]?.outstanding.count ?? 0
          parts.append("asked of \(member.rawValue) (\(outstanding) blocks)")
        case .origin: parts.append("asked of the metadata server")
        }
      }
      if let chunk = chunks[Chunk(of: key)] {
        if let home = chunk.locatingAt { parts.append("locating at \(home.rawValue)") }
        if !chunk.excluded.isEmpty {
          parts.append(
            "not from " + chunk.excluded.map { "\($0.rawValue)" }.joined(separator: ", "))
        }
      }
    } else {
      parts.append("not wanted")
    }
    if let waiting = parked[key] {
      parts.append(
        "waiting: " + waiting.map { "\($0.member.rawValue)" }.joined(separator: ", "))
    }
    return parts.joined(separator: "; ") + uploads.account(of: key)
  }
}
