import ArgumentParser
import Settings

/// `p2pnfs key`
struct Key: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Makes the key that admits hosts to a cluster.",
    subcommands: [New.self])

  /// `p2pnfs key new`
  struct New: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Makes a new cluster key.",
      discussion: """
        32 random bytes in base64, on standard output or in a new file that its owner alone can \
        read. Copy the file to every node, and name it in gossip.key_file there. To change keys \
        without a pause: add the new key as a second line on every node and reload, move it to \
        the top on every node and reload, then drop the old line.
        """)

    @Option(
      name: .shortAndLong,
      help: ArgumentHelp(
        "Write to a new file with mode 0600; one that exists is never overwritten.",
        valueName: "FILE"))
    var output: String?

    func run() throws {
      guard let output else {
        print(KeyFile.newKey())
        return
      }
      do throws(ConfigurationError) {
        try KeyFile.create(file: output)
      } catch {
        printError("p2pnfs: cannot write the key: \(error)")
        throw Exit.failed
      }
      print("\(output): a new key. Copy it to every node, and keep it secret.")
    }
  }
}
