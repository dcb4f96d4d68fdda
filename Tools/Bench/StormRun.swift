import Bench
import Foundation
import Glibc
import Lab
import NIOCore

/// One storm: files, machines and daemons, and what was counted.
struct StormRun {
  let options: StormOptions
  let setup: StormSetup
  let cables: StormNetwork
  let mdsNode: Node
  let mds: Daemon
  let peers: [StormPeer]
  let configuration: StormConfiguration
  let progress: Progress
  let manifestPath: String
  /// When the files are so old that their times tell their versions apart.
  let settled: NIODeadline

  private var directory: String { cables.network.directory }
  private var leavePath: String { directory + "/leave" }

  /// The metadata server sends nobody to peers for a file that was changed within the last two
  /// seconds: another change might leave the same time behind.
  private static let settlingSeconds = 4

  // MARK: Preparing

  /// Chooses or makes the files, makes the network and starts the metadata server and, unless they
  /// join later, the peers.
  static func prepare(
    _ options: StormOptions, on network: Network, _ progress: Progress
  ) async throws -> StormRun {
    let choice = try files(options, in: network.directory, progress)
    let age = time(nil) - choice.lastChangeSeconds
    let settled = NIODeadline.now() + .seconds(Int64(max(0, min(Self.settlingSeconds - age, 60))))
    let blockBytes = StormConfiguration.blockBytes(options.configPeer) ?? 256 << 10
    progress.note(
      "Reading and packing \(choice.paths.count) files, \(Text.bytes(choice.byteCount))"
        + " below \(choice.root)")
    let manifest = try Manifest(
      root: choice.root, paths: choice.paths, readBytes: options.readBytes.bytes,
      blockBytes: blockBytes)
    let manifestPath = network.directory + "/manifest.json"
    try JSONEncoder().encode(manifest).write(to: URL(filePath: manifestPath))

    progress.note("Making \(options.peers + 1) network nodes")
    let limit = StormNetwork.Limit(rate: options.rate, queueMilliseconds: options.queue)
    let cables = try await StormNetwork.create(
      on: network, rackCount: options.racks,
      between: StormNetwork.Limit(rate: options.rackRate, queueMilliseconds: options.queue),
      congestionControl: options.congestionControl)
    let mdsNode = try await cables.node("mds", rack: 1, limit: limit)
    var peers: [StormPeer] = []
    for number in 1...options.peers {
      let rack = options.rack(of: number)
      let node = try await cables.node(
        "peer\(number)", rack: rack,
        limit: StormNetwork.Limit(
          rate: options.rate(of: number), queueMilliseconds: options.queue))
      peers.append(
        StormPeer(
          number: number, rack: rack, node: node, rate: options.rate(of: number),
          fate: options.fate(of: number),
          place: StormConfiguration.Peer(
            name: node.name, address: node.address,
            rack: options.rackName(rack))))
    }
    let configuration = StormConfiguration(
      mdsAddress: mdsNode.address, mdsRack: options.rackName(1),
      directory: network.directory, root: choice.root,
      plainBytes: manifest.plainBytes, peers: peers.map(\.place), mdsLines: options.configMds,
      peerLines: options.configPeer)
    progress.note("Starting the metadata server")
    let mds = try await startMDS(configuration, on: mdsNode)
    let run = StormRun(
      options: options, setup: setup(options, manifest, blockBytes: blockBytes),
      cables: cables, mdsNode: mdsNode, mds: mds, peers: peers, configuration: configuration,
      progress: progress, manifestPath: manifestPath, settled: settled)
    if case .rolling = options.pattern { return run }
    progress.note("Starting peers")
    try await run.join(peers.filter { $0.fate != .late })
    return run
  }

  private static func files(
    _ options: StormOptions, in directory: String, _ progress: Progress
  ) throws -> FileChoice {
    let limit = options.megabytes << 20
    switch options.files {
    case .directory(let path): return try FileChoice(below: path, order: .name, limitBytes: limit)
    case .library:
      let root =
        FileChoice.libraryRoots.first { FileManager.default.fileExists(atPath: $0) } ?? "/usr/lib"
      return try FileChoice(below: root, order: .largestFirst, limitBytes: limit)
    case .random:
      let sizes = options.sizes ?? FileSizes(total: limit)
      let root = directory + "/export"
      progress.note("Making \(sizes.bytes.count) random files")
      try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
      try RandomFiles.make(sizes.bytes, seed: options.seed, in: root)
      return try FileChoice(
        below: root, order: .name, limitBytes: sizes.bytes.reduce(0, +))
    }
  }

  private static func setup(
    _ options: StormOptions, _ manifest: Manifest, blockBytes: Int
  ) -> StormSetup {
    StormSetup(
      peerCount: options.peers, linkRate: options.rate.bitsPerSecond, rackCount: options.racks,
      rackRate: options.rackRate.bitsPerSecond, pattern: options.pattern.description,
      files: options.files.description, fileCount: manifest.files.count,
      plainBytes: manifest.plainBytes, storedBytes: manifest.storedBytes,
      blockBytes: blockBytes, readBytes: manifest.readBytes, readAhead: options.readAhead,
      seed: options.seed, faults: options.faults)
  }

  private static func startMDS(
    _ configuration: StormConfiguration, on node: Node
  ) async throws -> Daemon {
    try FileManager.default.createDirectory(
      atPath: configuration.mdsStatePath, withIntermediateDirectories: true)
    var random = SystemRandomNumberGenerator()
    let key = Data((0..<32).map { _ in UInt8.random(in: 0...255, using: &random) })
    guard
      FileManager.default.createFile(
        atPath: configuration.keyPath, contents: Data((key.base64EncodedString() + "\n").utf8),
        attributes: [.posixPermissions: 0o600])
    else { throw LabError("\(configuration.keyPath) cannot be written") }
    return try await Daemon.start("mds", on: node, configuration: configuration.mds.yaml)
  }

  // MARK: Joining

  /// Starts peers, some at a time, and waits until the metadata server has them.
  private func join(_ joining: [StormPeer]) async throws {
    try await Self.forEach(joining) { try await $0.join(configuration) }
    let names = Set(joining.map { "\($0.node.address):2049" })
    let end = ContinuousClock.now + .seconds(60)
    while try await !names.isSubset(of: registered()) {
      guard ContinuousClock.now < end else {
        throw LabError(
          "peers have not registered at the metadata server",
          logTail: joining.first?.daemon?.logTail ?? "")
      }
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  private struct Registration: Decodable, Sendable {
    struct Peer: Decodable, Sendable {
      var address: String
      var state: String
    }
    var peers: [Peer]?
  }

  private func registered() async throws -> Set<String> {
    let status = try await mds.status(as: Registration.self)
    return Set((status.peers ?? []).filter { $0.state == "registered" }.map(\.address))
  }

  /// Starts the readers behind some peers; each is ready when it has mounted.
  private func mount(_ mounting: [StormPeer]) async throws {
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    try await Self.forEach(mounting) { try await $0.mount(plan, program: program) }
  }

  private func plan(_ peer: StormPeer) -> ReaderPlan {
    ReaderPlan(
      host: mdsNode.address, port: 2049, exportPath: StormConfiguration.exportPath,
      name: peer.name, verifier: options.seed &* 1_000_003 &+ UInt64(peer.number),
      manifestPath: manifestPath, readAhead: options.readAhead, fileCount: options.openFiles,
      startPath: "", leavePath: leavePath, progressPath: "")
  }

  /// A few at a time: a machine that starts many programs at once starts none of them soon.
  private static func forEach(
    _ peers: [StormPeer], _ body: @escaping @Sendable (StormPeer) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (index, peer) in peers.enumerated() {
        if index >= 4 { try await tasks.next() }
        tasks.addTask { try await body(peer) }
      }
      try await tasks.waitForAll()
    }
  }

  // MARK: Measuring

  /// Lets all readers read everything.
  func measure() async throws -> StormMeasurement {
    let first = peers.filter { $0.fate != .late }
    let isRolling: Bool
    if case .rolling = options.pattern { isRolling = true } else { isRolling = false }
    if !isRolling {
      progress.note("Starting readers")
      try await mount(first)
    }
    let wait = settled - .now()
    if wait > .zero { try await Task.sleep(for: .nanoseconds(wait.nanoseconds)) }
    for peer in peers { await peer.noteBaseline() }
    let mdsCounters = await StormPeer.counters(of: mds)
    let mdsCPUSeconds = StormPeer.cpuSeconds(of: mds)
    let before = try await cables.counters()
    let start = NIODeadline.now() + .milliseconds(300)
    let watch = StormWatch(run: self, before: before, start: start, strikes: true)
    progress.note("Reading")
    if isRolling {
      async let joining: Void = roll(first, since: start)
      try await watch.untilFinished(first)
      try await joining
    } else {
      for (index, peer) in first.enumerated() {
        let offset = options.pattern.offset(of: index, count: first.count)
        try peer.begin(
          at: start.uptimeNanoseconds + UInt64(offset * 1e9), startSeconds: offset)
      }
      try await watch.untilFinished(first)
    }
    var measurement = try await count(
      before: before, watch.samples, mdsCounters, mdsCPUSeconds: mdsCPUSeconds)
    if let late = peers.first(where: { $0.fate == .late }) {
      try await measureLate(late, before: before, since: start, &measurement)
    }
    try await release(&measurement)
    return measurement
  }

  /// What all have counted.
  private func count(
    before: StormNetwork.Counters, _ samples: [StormMeasurement.Sample],
    _ mdsCounters: [String: Int], mdsCPUSeconds: Double
  ) async throws -> StormMeasurement {
    let after = try await cables.counters()
    for peer in peers { await peer.noteEnd() }
    let mdsInterface = after.node("mds", rack: 1) - before.node("mds", rack: 1)
    return StormMeasurement(
      peers: peers.map { $0.measurement(interface: link(of: $0, before, after)) },
      mds: StormMeasurement.Server(
        interface: mdsInterface,
        counters: StormPeer.difference(await StormPeer.counters(of: mds), mdsCounters),
        cpuSeconds: StormPeer.cpuSeconds(of: mds) - mdsCPUSeconds),
      rackLinkBytes: zip(after.rackLinks, before.rackLinks).map { later, earlier in
        let passed = later - earlier
        return passed.sentBytes + passed.receivedBytes
      },
      samples: samples, coreCount: ProcessInfo.processInfo.activeProcessorCount)
  }

  private func link(
    of peer: StormPeer, _ before: StormNetwork.Counters, _ after: StormNetwork.Counters
  ) -> InterfaceTable.Counters {
    after.node(peer.name, rack: peer.rack) - before.node(peer.name, rack: peer.rack)
  }

  /// Peers join one after the other, and their readers begin with them.
  private func roll(_ joining: [StormPeer], since start: NIODeadline) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for (index, peer) in joining.enumerated() {
        let offset = options.pattern.offset(of: index, count: joining.count)
        tasks.addTask {
          let due = start + .nanoseconds(Int64(offset * 1e9))
          let wait = due - .now()
          if wait > .zero { try await Task.sleep(for: .nanoseconds(wait.nanoseconds)) }
          try await joinAndBegin(peer, since: start)
        }
      }
      try await tasks.waitForAll()
    }
  }

  private func joinAndBegin(_ peer: StormPeer, since start: NIODeadline) async throws {
    try await join([peer])
    try await mount([peer])
    let now = NIODeadline.now()
    try peer.begin(
      at: now.uptimeNanoseconds, startSeconds: Double((now - start).nanoseconds) / 1e9)
  }

  /// One more joins now that the others have everything.
  private func measureLate(
    _ late: StormPeer, before: StormNetwork.Counters, since start: NIODeadline,
    _ measurement: inout StormMeasurement
  ) async throws {
    progress.note("\(late.name) joins")
    let earlier = try await cables.counters()
    try await joinAndBegin(late, since: start)
    let watch = StormWatch(run: self, before: before, start: start, strikes: false)
    try await watch.untilFinished([late])
    let later = try await cables.counters()
    await late.noteEnd()
    measurement.lateMDSSentBytes =
      (later.node("mds", rack: 1) - earlier.node("mds", rack: 1)).sentBytes
    measurement.samples += watch.samples
    for index in measurement.peers.indices where measurement.peers[index].name == late.name {
      measurement.peers[index] = late.measurement(interface: link(of: late, before, later))
    }
  }

  /// Lets stopped peers go on: their readers have to finish, and right. Then all may leave.
  private func release(_ measurement: inout StormMeasurement) async throws {
    for peer in peers where peer.fate == .stopped {
      progress.note("\(peer.name) goes on")
      peer.daemon?.resume()
      let watch = StormWatch(
        run: self, before: try await cables.counters(), start: .now(), strikes: false)
      try await watch.untilFinished([peer], withStopped: true)
      for index in measurement.peers.indices where measurement.peers[index].name == peer.name {
        let interface = measurement.peers[index].interface
        measurement.peers[index] = peer.measurement(interface: interface)
      }
    }
    try Data().write(to: URL(filePath: leavePath))
    for peer in peers {
      guard let reader = peer.reader else { continue }
      let exit = await reader.exit(within: .seconds(20))
      guard exit == .code(0) else {
        throw LabError(
          "the reader behind \(peer.name): \(exit.map { "\($0)" } ?? "does not leave")",
          logTail: reader.logTail)
      }
    }
  }
}
