import Admin
import ArgumentParser
import Settings

extension Endpoint: ExpressibleByArgument {
  public init?(argument: String) {
    self.init(argument, defaultPort: 9701)
    guard port > 0 else { return nil }
  }
}

/// Which node to ask, and how to end if it does not answer.
struct NodeOption: ParsableArguments {
  @Option(
    name: .customLong("admin"),
    help: ArgumentHelp(
      "The node's admin interface (admin.listen in its configuration).",
      valueName: "HOST:PORT"))
  var node = Endpoint(host: "127.0.0.1", port: 9701)

  /// Asks the node; prints why and ends the program if there is no answer.
  func status() async throws -> StatusDocument {
    do {
      return try await AdminClient(host: node.host, port: node.port).status()
    } catch {
      throw Self.complain(of: error)
    }
  }

  /// Gives the node an order; prints why and ends the program if it does not take it.
  func perform(_ action: AdminAction, token: String) async throws {
    let answer: AdminClient.Answer
    do {
      answer = try await AdminClient(host: node.host, port: node.port)
        .perform(action, token: token)
    } catch {
      throw Self.complain(of: error)
    }
    guard answer.status == 200 else {
      let lines = String(decoding: answer.body.prefix(500), as: UTF8.self).split(separator: "\n")
      let text = lines.first.map(String.init) ?? "HTTP status \(answer.status)"
      printError("p2pnfs: \(node): \(text)")
      throw Exit.failed
    }
  }

  private static func complain(of error: AdminClient.Failure) -> ExitCode {
    printError("p2pnfs: \(error)")
    switch error {
    case .unreachable:
      printError(
        """
        Is p2pnfsd running there, and is this the admin.listen of its configuration? The line \
        'ready …' that it prints when it serves names the address; give it as --admin HOST:PORT.
        """)
      return Exit.unreachable
    case .unexpected:
      printError("Give the admin interface's address, not NFS's: --admin HOST:PORT.")
      return Exit.failed
    }
  }
}
