import Admin
import ArgumentParser
import Settings

/// `p2pnfs drain`
struct Drain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Sends a peer's clients and the other peers elsewhere, before maintenance.",
    discussion: """
      No new layout names the peer and those that do are recalled; other peers take no more blocks \
      from it. What is being read is read to its end, and the cache stays. With --wait the command \
      ends when no client holds a grant of this peer any more: stopping it then disturbs nobody. \
      It lasts until 'p2pnfs undrain' or until the peer is started again.
      """)

  @OptionGroup var node: NodeOption
  @OptionGroup var token: TokenOption

  @Flag(help: "Wait until no client is left.")
  var wait = false

  @Option(help: ArgumentHelp("Wait no longer than this.", valueName: "SECONDS"))
  var timeout = 60

  func validate() throws {
    guard timeout > 0 else { throw ValidationError("--timeout takes a number above 0.") }
  }

  func run() async throws {
    try await node.perform(.drain, token: token.read())
    guard wait else {
      print("\(node.node): draining. Watch it with: p2pnfs drain --wait --admin \(node.node)")
      return
    }
    let start = ContinuousClock.now
    while true {
      let detail = try await node.status().detail
      let grants = if case .int(let count)? = detail["grants"] { count } else { 0 }
      if detail["registered"] == .bool(false), grants == 0 { break }
      guard ContinuousClock.now - start < .seconds(timeout) else {
        printError(
          "p2pnfs: after \(timeout) s there are \(grants) grants left: clients that do not answer "
            + "keep theirs until their leases end. Wait longer with --timeout.")
        throw Exit.failed
      }
      try await Task.sleep(for: .milliseconds(200))
    }
    print("\(node.node): drained, nobody reads here")
  }
}

/// `p2pnfs undrain`
struct Undrain: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ends 'p2pnfs drain': the peer registers again and is used.")

  @OptionGroup var node: NodeOption
  @OptionGroup var token: TokenOption

  func run() async throws {
    try await node.perform(.undrain, token: token.read())
    print("\(node.node): in use again")
  }
}
