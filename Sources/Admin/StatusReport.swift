/// A status document as lines for a terminal.
public struct StatusReport: Sendable {
  private let document: StatusDocument

  /// A report of one document.
  public init(_ document: StatusDocument) {
    self.document = document
  }

  /// Role, address, uptime, bytes by source and counters.
  public var summary: String {
    var lines = [
      "\(document.role) \(document.nfs), up \(Self.duration(document.uptimeSeconds)), "
        + "version \(document.version)"
    ]
    let known = ["ram", "disk", "peer", "mds"]
    let sources = document.bytesBySource.sorted { left, right in
      let (a, b) = (known.firstIndex(of: left.key) ?? 4, known.firstIndex(of: right.key) ?? 4)
      return (a, left.key) < (b, right.key)
    }
    if !sources.isEmpty {
      let total = sources.reduce(0.0) { $0 + Double($1.value) }
      lines += ["", "file data sent, by where it came from"]
      lines += Self.table(
        sources.map { name, bytes in
          let share = total > 0 ? Int((1000 * Double(bytes) / total).rounded()) : 0
          return ["  \(name)", Self.bytes(bytes), "\(share / 10).\(share % 10)%"]
        }, alignedRight: [1, 2])
    }
    if !document.counters.isEmpty {
      lines += ["", "counters"]
      lines += Self.table(
        document.counters.sorted { $0.key < $1.key }.map { ["  \($0.key)", "\($0.value)"] },
        alignedRight: [1])
    }
    if !document.peers.isEmpty {
      lines += ["", "\(document.peers.count) peers (p2pnfs peers lists them)"]
    }
    return lines.joined(separator: "\n")
  }

  /// One line for each peer under a line of headings.
  public var peers: String {
    guard !document.peers.isEmpty else {
      return document.role == "mds"
        ? "No peer is registered. Start one with: p2pnfsd --config peer.yml"
        : "This node knows no peers. Ask the metadata server: p2pnfs peers --admin HOST:PORT"
    }
    let rows = document.peers.map { peer in
      [
        peer.address, peer.state, peer.zone ?? "-", peer.rack ?? "-", peer.node ?? "-",
        Self.duration(peer.registeredSeconds), "\(peer.grants)", "\(peer.layouts)",
      ]
    }
    let headings = ["ADDRESS", "STATE", "ZONE", "RACK", "NODE", "SINCE", "GRANTS", "LAYOUTS"]
    return Self.table([headings] + rows, alignedRight: [6, 7]).joined(separator: "\n")
  }

  /// `1.5 GiB`, rounded to one place.
  static func bytes(_ count: Int) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    guard count >= 1024 else { return "\(count) B" }
    var tenths = Double(count) * 10 / 1024
    var unit = 0
    while tenths.rounded() >= 10_240, unit < units.count - 1 {
      tenths /= 1024
      unit += 1
    }
    let rounded = Int(tenths.rounded())
    return "\(rounded / 10).\(rounded % 10) \(units[unit])"
  }

  /// The two largest units: `3d 4h`, `5m 6s`.
  static func duration(_ seconds: Int) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24)
    let (minutes, rest) = (seconds / 60 % 60, seconds % 60)
    if days > 0 { return "\(days)d \(hours)h" }
    if hours > 0 { return "\(hours)h \(minutes)m" }
    return minutes > 0 ? "\(minutes)m \(rest)s" : "\(rest)s"
  }

  /// Columns as wide as their widest cell; control characters become `?`, since what a node says
  /// goes to a terminal.
  private static func table(_ rows: [[String]], alignedRight: Set<Int>) -> [String] {
    let rows = rows.map { row in
      row.map { cell in
        String(
          String.UnicodeScalarView(
            cell.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }))
      }
    }
    let columnCount = rows.map(\.count).max() ?? 0
    let widths = (0..<columnCount).map { column in
      rows.map { $0.indices.contains(column) ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      let cells = row.enumerated().map { column, cell in
        let room = String(repeating: " ", count: widths[column] - cell.count)
        return alignedRight.contains(column) ? room + cell : cell + room
      }
      var line = cells.joined(separator: "  ")
      while line.last == " " { line.removeLast() }
      return line
    }
  }
}
