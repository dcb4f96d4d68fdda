import Admin
import ArgumentParser
import Settings

/// The operator's command line.
@main
struct P2PNFS: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "p2pnfs",
    abstract: "Looks after the nodes of a peer-to-peer NFS cluster.",
    discussion: """
      A metadata server exports directories over NFSv4.1 and 4.2; peers on the cluster's nodes \
      keep what they have read and serve it to the others. Each node runs p2pnfsd; this command \
      asks a running node how it does, and prepares what a node needs to start.

      A first cluster:
        p2pnfs key new --output /etc/p2pnfs/key     # copy it to every node
        p2pnfs config check /etc/p2pnfs/mds.yml     # finds every mistake at once
        p2pnfsd --config /etc/p2pnfs/mds.yml        # then a peer on each other node
        p2pnfs peers                                # which peers have come
        p2pnfs status                               # on any node: what it has done
        p2pnfs drain --wait                         # before a peer's node is worked on

      Exit status: 0 done; 1 failed; 2 the node cannot be reached; 64 wrong usage; 78 something \
      is wrong with a configuration or key file.
      """,
    subcommands: [Status.self, Peers.self, Drain.self, Undrain.self, Key.self, Config.self])
}

/// How a command ends when it does not end well.
enum Exit {
  static let failed = ExitCode(1)
  static let unreachable = ExitCode(2)
  /// `EX_CONFIG` of sysexits.h.
  static let configuration = ExitCode(78)
}
