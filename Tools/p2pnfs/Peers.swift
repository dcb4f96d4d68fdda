import Admin
import ArgumentParser

/// `p2pnfs peers`
struct Peers: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Lists the peers that are registered with a metadata server.",
    discussion: """
      ADDRESS is where clients are sent to, SINCE the time since it registered, GRANTS the opens \
      it has checked for clients, LAYOUTS those that name it. A peer that is missing here says \
      why in its log.
      """)

  @OptionGroup var node: NodeOption

  func run() async throws {
    print(StatusReport(try await node.status()).peers)
  }
}
