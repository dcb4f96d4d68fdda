import Foundation
import Glibc
import Lab

/// Takes commands for the machines of a demonstration that was left running.
struct Prompt {
  var cluster: Cluster
  var progress: Progress

  func run() async throws {
    progress.note(
      """

      Everything runs on. From another terminal of the same user:
        ip netns exec \(cluster.mdsNode.namespace) COMMAND      on the MDS's node
        ip netns exec \(cluster.nodes[0].namespace) COMMAND    on a node with a peer
        logs, consoles, configurations: \(cluster.network.directory)
      Here, a line at a time:
        client1 COMMAND   in a Linux client (the export is at /mnt/nfs)
        mds | peer1       what its GET /v1/status says
        quit              or Ctrl-C: ends and removes everything
      """)
    for await line in Prompt.lines {
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      guard let name = words.first else { continue }
      if name == "quit" || name == "exit" { return }
      do {
        try await answer(name, words.count > 1 ? words[1] : "")
      } catch let error as LabError {
        progress.note("\(error)")
      }
    }
    // No terminal to read from: until a signal comes.
    while true { try await Task.sleep(for: .seconds(3600)) }
  }

  /// What is typed, read by a thread of its own.
  private static var lines: AsyncStream<String> {
    AsyncStream { continuation in
      Thread.detachNewThread {
        while let line = readLine() { continuation.yield(line) }
        continuation.finish()
      }
    }
  }

  private func answer(_ name: String, _ command: String) async throws {
    if let guest = cluster.guests.first(where: { $0.name == name }) {
      let result = try await guest.run(command, within: .seconds(300))
      progress.note(result.output + result.error + "status \(result.status)")
    } else if let daemon = ([cluster.mds] + cluster.peers).first(where: { $0.name == name }) {
      progress.note(String(decoding: try await daemon.get("/v1/status"), as: UTF8.self))
    } else {
      progress.note("There is no \(name).")
    }
  }
}
