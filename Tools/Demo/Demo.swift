import ArgumentParser
import Foundation
import Lab

/// An MDS, peers and stock Linux clients on one machine, and what they measured.
@main
struct Demo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Stock Linux clients read a directory through peers' caches.",
    discussion: """
      Starts a metadata server, three peers and three Linux clients, each on a network node of its \
      own, and lets the clients read the same files three times: without peers, with peers whose \
      caches are empty, and after the clients dropped their page caches. Everything that is shown \
      was counted in this run.
      """)

  @Option(help: "The directory to export; it is only read. Default: the system's libraries.")
  var export: String?

  @Option(help: "Read at most this many MiB of it.")
  var megabytes = 192

  @Option(help: "How many nodes, each with a peer and a client: 1 to 8.")
  var nodes = 3

  @Flag(help: "Leave everything running at the end and take commands.")
  var keep = false

  @Flag(help: "Print the result as JSON; progress goes to standard error.")
  var json = false

  func validate() throws {
    guard (1...8).contains(nodes) else {
      throw ValidationError("--nodes: read \(nodes), expected 1 to 8")
    }
    guard (1...65536).contains(megabytes) else {
      throw ValidationError("--megabytes: read \(megabytes), expected 1 to 65536")
    }
  }

  func run() async throws {
    let progress = Progress(toStandardError: json)
    let work = Task { try await demonstrate(progress) }
    let interrupt = Interrupt { work.cancel() }
    let result = await work.result
    if interrupt.hasFired {
      progress.note("Stopped; everything is cleaned up.")
      throw ExitCode(130)
    }
    do {
      let allMatch = try result.get()
      guard allMatch else { throw ExitCode(1) }
    } catch let error as LabError {
      progress.note("demo: \(error)")
      throw ExitCode(1)
    }
  }

  /// - Returns: whether every checksum matched.
  private func demonstrate(_ progress: Progress) async throws -> Bool {
    await Network.removeLeftovers()
    let workload = try Workload.choose(
      export: export, limitBytes: megabytes << 20, fileLimit: 20_000)
    progress.note(
      "\(workload.files.count) files, \(Text.bytes(workload.byteCount)) below \(workload.root)")
    let network = try await Network.create()
    do {
      let matched = try await show(workload, on: network, progress)
      await network.close()
      return matched
    } catch {
      await network.close()
      throw error
    }
  }

  private func show(
    _ workload: Workload, on network: Network, _ progress: Progress
  ) async throws -> Bool {
    progress.note("Starting the MDS and booting \(nodes) Linux clients")
    let cluster = try await Cluster.start(
      on: network, export: workload.root, nodeCount: nodes)
    let checksums = try await workload.checksums(on: cluster.mdsNode)
    let reader = Reader(
      cluster: cluster, workload: workload, checksums: checksums, progress: progress)

    try await cluster.mountAll()
    var waves = [try await reader.wave("no peers")]
    try await cluster.unmountAll()
    progress.note("Starting \(nodes) peers with empty caches")
    try await cluster.startPeers()
    try await cluster.mountAll()
    waves.append(try await reader.wave("cold"))
    try await cluster.dropCaches()
    waves.append(try await reader.wave("warm"))

    let report = Report(
      root: workload.root, clientCount: nodes, fileCount: workload.files.count,
      byteCount: workload.byteCount, waves: waves)
    let text = json ? try report.json() : report.table(inColour: progress.isTerminal)
    try FileHandle.standardOutput.write(contentsOf: Data((text + "\n").utf8))
    if keep { try await Prompt(cluster: cluster, progress: progress).run() }
    return report.allMatch
  }
}
