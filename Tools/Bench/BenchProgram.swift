import ArgumentParser

/// Benchmarks that anybody can run.
@main
struct BenchProgram: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "p2pnfs-bench",
    abstract: "Measures peer-to-peer NFS on this machine.",
    subcommands: [StormCommand.self, ReaderCommand.self])
}
