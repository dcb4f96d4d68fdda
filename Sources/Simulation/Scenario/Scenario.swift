import Settings

/// One experiment, as a file says it: machines and links, files, readers, and what goes wrong.
///
/// The metadata server is node 0, peers are nodes 1, 2, … in the order of racks and zones.
public struct Scenario: Hashable, Sendable {
  /// What it shows, for people.
  public var title: String
  /// A run for each; at least one.
  public var seeds: [UInt64]
  /// The machines and links.
  public var topology: Topology
  /// How the network treats what is sent.
  public var network: NetworkSettings
  /// The files, before anything is drawn from a seed.
  public var files: FilePlan
  /// How applications read.
  public var readers: ReaderSettings
  /// When they begin.
  public var arrival: ArrivalPattern
  /// What goes wrong and when, in the order of the file; one entry of it may be several faults.
  public var faults: [ScheduledFault]
  /// When the run is given up.
  public var limit: Duration

  /// A fault and its moment.
  public struct ScheduledFault: Hashable, Sendable {
    /// Since the run began.
    public var at: Duration
    /// What happens then.
    public var fault: Fault

    /// A fault at a moment.
    public init(at: Duration, _ fault: Fault) {
      self.at = at
      self.fault = fault
    }
  }

  /// The node of the metadata server: always 0.
  public var mds: Int { ScenarioPlaces.mds }

  /// The nodes that are peers.
  public var peers: Range<Int> { 1..<topology.nodes.count }

  private static let keys = [
    "title", "seeds", "topology", "mds", "network", "files", "readers", "arrival", "faults",
    "limit",
  ]
  /// The largest number of peers.
  static let peerLimit = 100_000

  /// Reads a file of at most 1 MiB, and the recorded trace that it names.
  /// - Throws: every problem at once: malformed YAML, keys that are unknown, missing or given
  ///   twice, values that do not read, lines of the trace that do not.
  public static func load(file: String) throws(ConfigurationError) -> Scenario {
    do {
      let contents = try FileContents.read(file, limit: YAMLDocument.byteLimit)
      return try read(contents.bytes, file: file)
    } catch let error as FileContents.Failure {
      throw ConfigurationError(problems: [
        .init(file: file, line: nil, key: nil, found: error.found, expected: error.expected)
      ])
    } catch let error as ConfigurationError {
      throw error
    } catch {
      throw ConfigurationError(problems: [
        .init(file: file, line: nil, key: nil, found: "\(error)", expected: "a scenario")
      ])
    }
  }

  /// Reads the text of a file; `file` is its name in error messages, and a recorded trace is
  /// looked for beside it.
  public static func read(
    _ bytes: [UInt8], file: String
  ) throws(ConfigurationError) -> Scenario {
    let log = ProblemLog(file: file)
    let document: YAMLDocument
    do {
      document = try YAMLDocument(bytes)
    } catch {
      log.add(line: error.line, key: nil, found: error.found, expected: error.expected)
      throw ConfigurationError(problems: log.problems)
    }
    for problem in document.problems {
      log.add(line: problem.line, key: nil, found: problem.found, expected: problem.expected)
    }
    guard let root = document.root, case .mapping(let entries) = root.content else {
      log.add(
        line: document.root?.line, key: nil,
        found: Section.describe(document.root?.content ?? .null),
        expected: "a mapping with 'topology' and 'files'")
      throw ConfigurationError(problems: log.problems)
    }
    let section = Section(entries, line: root.line, path: "", keys: keys, log: log)
    let traceLog = TraceLog()
    let scenario = Scenario(section, file: file, traceLog)
    let problems = log.problems + traceLog.problems
    guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    return scenario
  }

  private init(_ root: Section, file: String, _ traceLog: TraceLog) {
    title = root.optional("title", .text("a line of text")) ?? ""
    seeds =
      root.list("seeds", .number("a number", 0...Int.max), orOne: true, limit: 1000)?
      .map(UInt64.init) ?? [1]
    if !root.has("topology") {
      root.missing("topology", "a mapping with 'racks', 'peers' and 'link'")
    }
    let plan = TopologyPlan(root)
    let topology = plan.topology
    self.topology = topology
    network = NetworkSettings(root.section("network", keys: NetworkSettings.keys))
    if !root.has("files") {
      root.missing("files", "a mapping with 'list', 'generate' or 'trace'")
    }
    files = FilePlan(
      root.section("files", keys: FilePlan.keys), file: file, peerCount: plan.places.peerCount,
      traceLog)
    readers = ReaderSettings(root.section("readers", keys: ReaderSettings.keys))
    arrival = ArrivalPattern(
      root.section("arrival", keys: ArrivalPattern.keys), plan.places)
    faults = root.sections("faults", keys: ScheduledFault.keys).flatMap { section in
      ScheduledFault.read(section, plan.places, topology)
    }
    limit = root.duration("limit") ?? .seconds(3600)
  }
}

/// The problems of a recorded trace, which is another file than the scenario's.
final class TraceLog {
  var problems: [ConfigurationError.Problem] = []
}
