import ArgumentParser

/// Tuning of load balancing, on the very code that runs in the daemons.
@main
struct TuneProgram: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "p2pnfs-tune",
    abstract: "Tries placement and transfer settings before they are used.",
    subcommands: [SimulateCommand.self, GossipCommand.self])
}
