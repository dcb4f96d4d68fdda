import ArgumentParser
import CLinux
import Glibc
import Logging
import MetadataServer
import PeerServer
import ServiceLifecycle
import Settings

/// The daemon: one role a process, named by its configuration file.
@main
struct P2pnfsd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "p2pnfsd",
    abstract: "Serves NFS: as the metadata server of a cluster, or as a peer on one of its nodes.",
    discussion: """
      The configuration file says which role this process has and everything else; Configs/ has \
      one for each role with every key explained. The program stays in the foreground. When it \
      serves, it prints one line, `ready role=ROLE nfs=HOST:PORT admin=HOST:PORT`, and tells a \
      service manager that listens on $NOTIFY_SOCKET.

      A peer runs in a process of its own under the eyes of this one, which ends it when it hangs \
      and starts it again, so that its clients go elsewhere instead of waiting for it.

      SIGTERM drains and ends with status 0. SIGHUP has the cluster's keys read again; other \
      settings take effect with a restart. A mistake in the configuration ends with status 78 \
      and a line for each mistake; anything else that keeps the program from serving with status 1.
      """)

  @Option(name: .long, help: ArgumentHelp("The configuration file (YAML).", valueName: "file"))
  var config: String

  @Flag(name: .long, help: "Read the configuration, say whether it is right, and end.")
  var check = false

  @Flag(name: .long, help: "Run a peer in this process, watched by nobody.")
  var noWatchdog = false

  private static let exConfig: Int32 = 78

  func run() async throws {
    let isSupervised = Heartbeat.inherited != nil
    let settings: NodeSettings
    let keys: [[UInt8]]
    let token: String?
    do throws(ConfigurationError) {
      settings = try NodeSettings.load(file: config)
      keys =
        try settings.keyFile.map { file throws(ConfigurationError) in
          try KeyFile.load(file: file).keys
        } ?? []
      token = try settings.admin.tokenFile.map { file throws(ConfigurationError) in
        try TokenFile.load(file: file).token
      }
    } catch {
      Self.say("\(error)")
      throw ExitCode(Self.exConfig)
    }
    if check {
      print("\(config): \(settings.summary)")
      return
    }
    LoggingSystem.bootstrap { label in StreamLogHandler.standardError(label: label) }
    do {
      if case .peer = settings, !noWatchdog, !isSupervised {
        throw ExitCode(try supervise(settings))
      }
      try await serve(settings, keys: KeyRing(keys), token: token)
    } catch let status as ExitCode {
      throw status
    } catch {
      Self.say("p2pnfsd: \(error)")
      throw ExitCode.failure
    }
  }

  private func serve(_ settings: NodeSettings, keys: KeyRing, token: String?) async throws {
    signal(SIGPIPE, SIG_IGN)
    // Blocks and records are smaller, and come and go all the time.
    clinux_keep_freed_memory(4 << 20, 16 << 20)
    let logger = Self.logger(settings)
    let reload = Reload(file: config, settings: settings, keys: keys, logger: logger)
    let hangUps = reload.onHangUp()
    defer { hangUps.cancel() }
    let onReady: @Sendable (String) -> Void = { line in
      print(line)
      fflush(nil)
      ServiceManager.notify("READY=1")
    }
    let role: any Service =
      switch settings {
      case .mds(let settings):
        MetadataRole(
          settings: settings, keys: keys, token: token, logger: logger, onReady: onReady)
      case .peer(let settings):
        PeerRole(
          settings: settings, keys: keys, token: token, logger: logger, onReady: onReady)
      }
    // The library's own debugging output repeats the whole configuration.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .notice)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(
            service: role, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .gracefullyShutdownGroup)
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet))
    try await group.run()
  }

  private static func logger(_ settings: NodeSettings) -> Logger {
    var logger = Logger(label: "p2pnfsd")
    logger.logLevel = settings.logLevel
    return logger
  }

  /// Runs this program again, and watches it.
  /// - Returns: the status to end with.
  private func supervise(_ settings: NodeSettings) throws -> Int32 {
    try Supervisor(arguments: CommandLine.arguments, logger: Self.logger(settings)).run()
  }

  private static func say(_ text: String) {
    let line = text + "\n"
    _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
  }
}

extension NodeSettings {
  /// How much is logged.
  fileprivate var logLevel: Logger.Level {
    let level =
      switch self {
      case .mds(let settings): settings.logLevel
      case .peer(let settings): settings.logLevel
      }
    return Logger.Level(rawValue: level.rawValue) ?? .notice
  }
}
