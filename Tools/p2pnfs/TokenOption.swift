import ArgumentParser
import Settings

/// What an order to a node has to show.
struct TokenOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The token that the node's configuration names in admin.token_file.", valueName: "FILE"))
  var tokenFile = "/etc/p2pnfs/admin-token"

  /// Prints why and ends the program if there is none.
  func read() throws -> String {
    do throws(ConfigurationError) {
      return try TokenFile.load(file: tokenFile).token
    } catch {
      printError("\(error)")
      throw Exit.configuration
    }
  }
}
