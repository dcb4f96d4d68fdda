import Admin
import Bench
import Foundation
import Lab
import Synchronization

/// A node of a storm with its peer and the reader behind it.
final class StormPeer: Sendable {
  private struct State {
    var daemon: Daemon?
    var reader: Daemon?
    var startSeconds = 0.0
    var baseline: [String: Int] = [:]
    var baselineCPUSeconds = 0.0
    /// The daemon's, when it was last looked at: one that was killed has none any more.
    var cpuSeconds = 0.0
    var counters: [String: Int] = [:]
  }

  /// From 1.
  let number: Int
  /// From 1.
  let rack: Int
  let node: Node
  let rate: LinkRate
  let fate: StormMeasurement.Fate
  let place: StormConfiguration.Peer
  private let state = Mutex(State())

  init(
    number: Int, rack: Int, node: Node, rate: LinkRate, fate: StormMeasurement.Fate,
    place: StormConfiguration.Peer
  ) {
    self.number = number
    self.rack = rack
    self.node = node
    self.rate = rate
    self.fate = fate
    self.place = place
  }

  var name: String { place.name }
  private var directory: String { node.network.directory }
  private var startPath: String { "\(directory)/start-\(name)" }
  private var progressPath: String { "\(directory)/progress-\(name)" }

  var daemon: Daemon? { state.withLock { $0.daemon } }
  var reader: Daemon? { state.withLock { $0.reader } }
  var startSeconds: Double { state.withLock { $0.startSeconds } }

  /// Starts the peer.
  func join(_ configuration: StormConfiguration) async throws {
    try FileManager.default.createDirectory(
      atPath: configuration.cachePath(place), withIntermediateDirectories: true)
    let daemon = try await Daemon.start(
      name, on: node, configuration: configuration.peer(place).yaml)
    state.withLock { $0.daemon = daemon }
  }

  /// Starts the reader, which mounts and waits.
  func mount(_ plan: (StormPeer) -> ReaderPlan, program: String) async throws {
    var plan = plan(self)
    plan.startPath = startPath
    plan.progressPath = progressPath
    let path = "\(directory)/plan-\(name).json"
    try JSONEncoder().encode(plan).write(to: URL(filePath: path))
    let reader = try await Daemon.start(
      "reader-\(name)", on: node, command: [program, "reader", path])
    state.withLock { $0.reader = reader }
  }

  /// Lets the reader begin.
  /// - Parameters:
  ///   - nanoseconds: of the monotonic clock, best a little ahead.
  ///   - startSeconds: the same from the first start.
  func begin(at nanoseconds: UInt64, startSeconds: Double) throws {
    state.withLock { $0.startSeconds = startSeconds }
    try Data("\(nanoseconds)".utf8).write(to: URL(filePath: startPath), options: .atomic)
  }

  /// How far the reader is.
  var progress: ReaderProgress {
    guard let text = try? String(contentsOfFile: progressPath, encoding: .utf8) else {
      return ReaderProgress()
    }
    return ReaderProgress(text) ?? ReaderProgress()
  }

  /// - Throws: `LabError` with the log's end if the reader has ended before its time.
  func checkReader() throws {
    guard let reader, !reader.isRunning else { return }
    throw LabError("the reader behind \(name) has ended", logTail: reader.logTail)
  }

  /// The reader's line of JSON; nil if there is none.
  private var result: ReaderResult? {
    guard let path = reader?.logPath, let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { return nil }
    let line = text.split(separator: "\n").last { $0.hasPrefix("{") }
    return line.flatMap { try? JSONDecoder().decode(ReaderResult.self, from: Data($0.utf8)) }
  }

  /// Remembers what the daemon has counted before the start.
  func noteBaseline() async {
    guard let daemon else { return }
    let counters = await Self.counters(of: daemon)
    let cpuSeconds = Self.cpuSeconds(of: daemon)
    state.withLock { state in
      state.baseline = counters
      state.baselineCPUSeconds = cpuSeconds
    }
  }

  /// Remembers what the daemon has counted; one that is dead or stopped says nothing any more.
  func noteEnd() async {
    guard let daemon else { return }
    let cpuSeconds = Self.cpuSeconds(of: daemon)
    if cpuSeconds > 0 { state.withLock { $0.cpuSeconds = cpuSeconds } }
    guard daemon.isRunning, fate != .stopped else { return }
    let counters = await Self.counters(of: daemon)
    state.withLock { $0.counters = counters }
  }

  func measurement(interface: InterfaceTable.Counters) -> StormMeasurement.Peer {
    let result = result
    return state.withLock { state in
      StormMeasurement.Peer(
        name: name, rack: rack, linkRate: rate.bitsPerSecond, fate: fate,
        startSeconds: state.startSeconds, reader: result, interface: interface,
        counters: Self.difference(state.counters, state.baseline),
        cpuSeconds: max(0, state.cpuSeconds - state.baselineCPUSeconds))
    }
  }

  static func counters(of daemon: Daemon) async -> [String: Int] {
    guard let json = try? await daemon.get("/v1/status"),
      let document = try? StatusDocument(json: json)
    else { return [:] }
    return document.counters
  }

  static func difference(_ later: [String: Int], _ earlier: [String: Int]) -> [String: Int] {
    later.reduce(into: [:]) { $0[$1.key] = $1.value - (earlier[$1.key] ?? 0) }
  }

  static func cpuSeconds(of daemon: Daemon) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(daemon.pid)/stat", encoding: .utf8)
    else { return 0 }
    return ProcessTimes.cpuSeconds(text) ?? 0
  }
}
