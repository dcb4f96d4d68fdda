import Admin
import ArgumentParser

/// `p2pnfs status`
struct Status: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a node is and what it has done since it started.",
    discussion: """
      Role, address, uptime, from where the file data came that it sent (its memory, its disk, \
      other peers, the metadata server), and its counters. The same as a page with rates: open \
      http://HOST:PORT/ in a browser; for Prometheus: http://HOST:PORT/metrics.
      """)

  @OptionGroup var node: NodeOption

  @Flag(help: "Print the whole answer as JSON.")
  var json = false

  func run() async throws {
    let document = try await node.status()
    if json {
      print(String(decoding: try document.json(), as: UTF8.self))
    } else {
      print(StatusReport(document).summary)
    }
  }
}
