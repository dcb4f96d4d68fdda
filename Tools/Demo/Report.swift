import Foundation

/// One time that all clients read all files.
struct Wave: Sendable {
  var name: String
  var seconds: Double
  var counts: Counts
  /// Files times clients.
  var fileCount: Int
  /// How many of them had the right checksum.
  var matchedCount: Int
  /// Bytes times clients.
  var byteCount: Int
  /// The first few that were wrong.
  var failures: [String]
}

/// What the demonstration has measured.
struct Report: Sendable {
  var root: String
  var clientCount: Int
  var fileCount: Int
  var byteCount: Int
  var waves: [Wave]

  /// Whether all clients have read every byte right in all waves.
  var allMatch: Bool { waves.allSatisfy { $0.matchedCount == $0.fileCount } }

  /// For people.
  func table(inColour: Bool) -> String {
    let style = Style(isOn: inColour)
    var rows = [
      [
        "wave", "time", "files", "read", "peers' RAM", "peers' disk", "via peers, MDS", "MDS",
        "MDS egress",
      ]
    ]
    for wave in waves {
      let counts = wave.counts
      rows.append([
        wave.name, String(format: "%.1f s", wave.seconds), "\(wave.fileCount)",
        Text.bytes(wave.byteCount), Text.bytes(counts.memory),
        Text.bytes(counts.disk + counts.peers), Text.bytes(counts.mdsFetched),
        Text.bytes(counts.mdsReads), Text.bytes(counts.mdsEgress),
      ])
    }
    var lines = [
      "", style.bold("\(clientCount) clients, each reads \(fileCount) files of \(root)"),
    ]
    lines += Text.table(rows).enumerated().map {
      $0.offset == 0 ? style.dim($0.element) : $0.element
    }
    lines.append("")
    if let without = waves.first, let warm = waves.last, without.counts.mdsEgress > 0 {
      for wave in waves.dropFirst() {
        let share = 100 * Double(wave.counts.mdsEgress) / Double(without.counts.mdsEgress)
        lines.append(
          "MDS egress, \(wave.name): \(String(format: "%.1f", share)) % of that without peers")
      }
      let share = 100 * Double(warm.counts.mdsEgress) / Double(max(1, warm.byteCount))
      lines.append(
        "MDS egress, \(warm.name): \(String(format: "%.2f", share)) % of the bytes that were read")
    }
    let right = waves.reduce(0) { $0 + $1.matchedCount }
    let all = waves.reduce(0) { $0 + $1.fileCount }
    if allMatch {
      lines.append(style.green("Checksums: all \(all) match those of the exported files"))
    } else {
      lines.append(style.red("Checksums: \(right) of \(all) match"))
      for wave in waves { lines += wave.failures.map { "  \(wave.name): \($0)" } }
    }
    return lines.joined(separator: "\n")
  }

  /// For programs; byte counts are plain numbers.
  func json() throws -> String {
    struct Row: Encodable {
      var name: String
      var seconds: Double
      var files: Int
      var matched: Int
      var bytes: Int
      var peer_ram_bytes: Int
      var peer_disk_bytes: Int
      var peer_peer_bytes: Int
      var peer_mds_bytes: Int
      var mds_read_bytes: Int
      var mds_block_bytes: Int
      var mds_egress_bytes: Int
      var failures: [String]
    }
    struct Document: Encodable {
      var export: String
      var clients: Int
      var files: Int
      var bytes: Int
      var all_match: Bool
      var waves: [Row]
    }
    let rows = waves.map { wave in
      Row(
        name: wave.name, seconds: wave.seconds, files: wave.fileCount,
        matched: wave.matchedCount, bytes: wave.byteCount, peer_ram_bytes: wave.counts.memory,
        peer_disk_bytes: wave.counts.disk, peer_peer_bytes: wave.counts.peers,
        peer_mds_bytes: wave.counts.mdsFetched, mds_read_bytes: wave.counts.mdsReads,
        mds_block_bytes: wave.counts.mdsBlocks,
        mds_egress_bytes: wave.counts.mdsEgress, failures: wave.failures)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    let data = try encoder.encode(
      Document(
        export: root, clients: clientCount, files: fileCount, bytes: byteCount,
        all_match: allMatch, waves: rows))
    return String(decoding: data, as: UTF8.self)
  }
}
