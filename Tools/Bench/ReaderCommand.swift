import ArgumentParser
import Bench
import Foundation
import Logging
import NIOPosix

/// One reader, as other commands start it on a node: tells on standard output when it has mounted,
/// and at the end what it measured, in a line of JSON.
struct ReaderCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reader", abstract: "Reads by a plan.", shouldDisplay: false)

  @Argument(help: "A file with the plan in JSON.")
  var plan: String

  func run() async throws {
    let plan = try JSONDecoder().decode(
      ReaderPlan.self, from: Data(contentsOf: URL(filePath: plan)))
    var logger = Logger(label: plan.name) { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .notice
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    do {
      let reader = try await StormReader.mount(plan, group: group, logger: logger)
      try say("ready role=reader")
      let result = try await reader.run(on: group)
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys]
      try say(String(decoding: try encoder.encode(result), as: UTF8.self))
      await reader.leave()
    } catch {
      try? FileHandle.standardError.write(contentsOf: Data("\(plan.name): \(error)\n".utf8))
      throw ExitCode(3)
    }
    try await group.shutdownGracefully()
  }

  private func say(_ line: String) throws {
    try FileHandle.standardOutput.write(contentsOf: Data((line + "\n").utf8))
  }
}
