import Settings

extension Scenario.ScheduledFault {
  /// The words of `what`.
  private enum Word: String, CaseIterable {
    case kill, start, stop, resume, cut, heal, rate, loss, clock, disk
    case powerOff = "power_off"
  }

  static let keys = [
    "at", "what", "whom", "from", "one_way", "up", "down", "rack_link", "percent", "by", "read",
    "write", "latency", "capacity",
  ]

  /// The keys that an entry may have beside `at`, `what` and `whom`.
  private static func keys(_ word: Word) -> Set<String> {
    switch word {
    case .kill, .powerOff, .start, .stop, .resume, .heal: []
    case .cut: ["from", "one_way"]
    case .rate: ["up", "down", "rack_link"]
    case .loss: ["percent"]
    case .clock: ["by"]
    case .disk: ["read", "write", "latency", "capacity"]
    }
  }

  /// Reads one entry of `faults`, which may be a fault of many nodes.
  static func read(
    _ section: Section, _ places: ScenarioPlaces, _ topology: Topology
  ) -> [Scenario.ScheduledFault] {
    if !section.has("at") { section.missing("at", "a moment, such as 2s") }
    let at = section.duration("at")
    guard let word = section.required("what", Kind<Word>.word()) else { return [] }
    let allowed = keys(word).union(["at", "what"]).union(word == .heal ? [] : ["whom"])
    for key in keys where section.has(key) && !allowed.contains(key) {
      section.refuse(key, expected: "this key only where 'what' has a use for it")
    }
    if word != .heal, !section.has("whom") { section.missing("whom", places.expected) }
    let nodes = section.nodes("whom", places) ?? []
    let faults = faults(word, nodes, section, places, topology)
    guard let at else { return [] }
    return faults.map { Scenario.ScheduledFault(at: at, $0) }
  }

  private static func faults(
    _ word: Word, _ nodes: [Int], _ section: Section, _ places: ScenarioPlaces,
    _ topology: Topology
  ) -> [Fault] {
    switch word {
    case .kill: return nodes.map { .kill($0) }
    case .powerOff: return nodes.map { .powerOff($0) }
    case .start: return nodes.map { .start($0) }
    case .stop: return nodes.map { .stop($0) }
    case .resume: return nodes.map { .resume($0) }
    case .heal: return [.heal]
    case .cut: return cut(nodes, section, places)
    case .rate: return rates(nodes, section, topology)
    case .loss:
      guard section.has("percent") else {
        section.missing("percent", "a percentage from 0 to 100")
        return []
      }
      let probability = (section.fraction("percent", "a percentage", 0...100) ?? 0) / 100
      return nodes.flatMap {
        [
          Fault.loss(.up(.node($0)), probability: probability),
          .loss(.down(.node($0)), probability: probability),
        ]
      }
    case .clock:
      guard section.has("by") else {
        section.missing("by", "a duration, such as -1h")
        return []
      }
      let by = section.duration("by", signed: true) ?? .zero
      return nodes.map { .jumpClock($0, by: by) }
    case .disk:
      return nodes.map { .disk($0, DiskSpeed(section, topology.nodes[$0].disk)) }
    }
  }

  private static func cut(
    _ nodes: [Int], _ section: Section, _ places: ScenarioPlaces
  ) -> [Fault] {
    let others: [Int]
    if let given = section.nodes("from", places) {
      others = given.filter { !nodes.contains($0) }
    } else {
      let cutOff = Set(nodes)
      others = (0...places.peerCount).filter { !cutOff.contains($0) }
    }
    let oneWay = section.optional("one_way", .boolean) ?? false
    return [.cut(from: nodes, to: others, bothWays: !oneWay)]
  }

  private static func rates(
    _ nodes: [Int], _ section: Section, _ topology: Topology
  ) -> [Fault] {
    if !section.has("up"), !section.has("down") { section.missing("up", LinkRate.expected) }
    let ofRack = section.optional("rack_link", .boolean) ?? false
    let ends: [LinkPlace.LinkEnd] =
      ofRack
      ? Set(nodes.map { topology.nodes[$0].rack }).sorted().map { .rack($0) }
      : nodes.map { .node($0) }
    var faults: [Fault] = []
    for (key, isUp) in [("up", true), ("down", false)] {
      guard let rate = section.rate(key) else { continue }
      guard let bytesPerSecond = rate.bytesPerSecond else {
        section.refuse(key, expected: "a rate such as 10Mbit: a link cannot lose its limit")
        continue
      }
      faults += ends.map { .rate(isUp ? .up($0) : .down($0), bytesPerSecond: bytesPerSecond) }
    }
    return faults
  }
}
