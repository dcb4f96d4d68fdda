import ArgumentParser
import Settings

/// `p2pnfs config`
struct Config: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Checks configuration files.",
    subcommands: [Check.self])

  /// `p2pnfs config check`
  struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Finds everything that is wrong with a node's configuration, at once.",
      discussion: """
        Prints one line for each problem, as file:line: key: what was read, what was expected, \
        and ends with status 78. A key file that the configuration names is checked too if it is \
        on this machine.
        """)

    @Argument(help: ArgumentHelp("The YAML file given to p2pnfsd --config.", valueName: "FILE"))
    var file: String

    func run() throws {
      do throws(ConfigurationError) {
        let settings = try NodeSettings.load(file: file)
        if let keyFile = settings.keyFile, KeyFile.exists(file: keyFile) {
          _ = try KeyFile.load(file: keyFile)
        }
        print("\(file): good (\(settings.summary))")
      } catch {
        printError("\(error)")
        throw Exit.configuration
      }
    }
  }
}
