import Settings
import Simulation
import Testing

@Suite struct ScenarioTests {
  @Test(
    "the example scenarios read, and their readers finish",
    arguments: [
      "storm-16", "two-racks", "slow-peer", "killed-parent", "late-joiner", "recorded",
    ])
  func examples(name: String) throws {
    var scenario = try Scenario.load(file: "\(scenarioFolder)/\(name).yml")
    #expect(!scenario.title.isEmpty)
    scenario.files.blockBytes = 1 << 20
    scenario.network.pieceBytes = 1 << 20
    scenario.network.windowBytes = 4 << 20
    let workload = Workload(scenario, seed: scenario.seeds[0])
    let counters = workload.runWithoutPeers().counters
    let report = StormReport(counters)
    #expect(report.finishedCount >= report.expectedCount)
    #expect(report.makespanSeconds != nil)
  }

  @Test("the large example reads")
  func large() throws {
    let scenario = try Scenario.load(file: "\(scenarioFolder)/storm-1000.yml")
    #expect(scenario.peers.count == 1000)
    #expect(scenario.topology.racks.count == 26)
    #expect(scenario.topology.nodes[scenario.mds].rack == 25)
    #expect(scenario.topology.tier(0, 1) == .sameZone)
  }

  @Test("what a file leaves out has its default")
  func defaults() throws {
    let scenario = try scenario(minimalScenario)
    #expect(scenario.seeds == [1])
    #expect(scenario.topology.nodes.map(\.name) == ["mds", "peer-1", "peer-2"])
    #expect(scenario.topology.nodes.allSatisfy { $0.rack == 0 && $0.link == LinkRates() })
    #expect(scenario.network == NetworkSettings())
    #expect(scenario.readers == ReaderSettings())
    #expect(scenario.arrival.at == .seconds(1))
    #expect(scenario.faults.isEmpty)
    #expect(scenario.limit == .seconds(3600))
    #expect(scenario.files.blockBytes == 256 << 10)
  }

  @Test("peers are numbered rack by rack, zone by zone")
  func places() throws {
    let scenario = try scenario(
      """
      topology: {zones: 2, racks: 2, peers: 3, link: {up: 10Gbit}, zone_link: {down: 12MB/s}}
      mds: {rack: rack-3, link: {down: 1Gbit}}
      files:
        list: [{name: a, size: 1MiB}]
      faults:
        - {at: 1s, what: kill, whom: [zone-2, peer-1, rack-4]}
      """)
    #expect(scenario.topology.nodes.map(\.rack) == [2, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    #expect(scenario.topology.racks.map(\.zone) == [0, 0, 1, 1])
    #expect(scenario.topology.nodes[0].link == LinkRates(up: 1_250_000_000, down: 125_000_000))
    #expect(scenario.topology.zones[1].link == LinkRates(down: 12_000_000))
    #expect(
      scenario.faults.map(\.fault) == [1, 7, 8, 9, 10, 11, 12].map { .kill($0) })
  }

  @Test("every fault reads as what it says")
  func faults() throws {
    let scenario = try scenario(
      minimalScenario + """

        faults:
          - {at: 0s, what: power_off, whom: peer-1}
          - {at: 1s, what: start, whom: peer-1}
          - {at: 1s, what: stop, whom: mds}
          - {at: 2s, what: resume, whom: mds}
          - {at: 3s, what: cut, whom: peer-2}
          - {at: 3s, what: cut, whom: peer-2, from: [mds, peer-2], one_way: true}
          - {at: 4s, what: heal}
          - {at: 5s, what: rate, whom: peer-1, up: 8Mbit, down: 1MB/s}
          - {at: 5s, what: rate, whom: peers, rack_link: true, up: 8Mbit}
          - {at: 6s, what: loss, whom: peer-1, percent: 50}
          - {at: 7s, what: clock, whom: peer-1, by: -1h}
          - {at: 7s, what: clock, whom: peer-1, by: +90s}
          - {at: 8s, what: disk, whom: peer-1, write: 1MB/s, latency: 1ms, capacity: 0}
        """)
    let slow = DiskSpeed(
      writeBytesPerSecond: 1_000_000, operationLatency: .milliseconds(1), capacityBytes: 0)
    let expected: [Fault] = [
      .powerOff(1), .start(1), .stop(0), .resume(0),
      .cut(from: [2], to: [0, 1], bothWays: true), .cut(from: [2], to: [0], bothWays: false),
      .heal, .rate(.up(.node(1)), bytesPerSecond: 1_000_000),
      .rate(.down(.node(1)), bytesPerSecond: 1_000_000),
      .rate(.up(.rack(0)), bytesPerSecond: 1_000_000),
      .loss(.up(.node(1)), probability: 0.5), .loss(.down(.node(1)), probability: 0.5),
      .jumpClock(1, by: .seconds(-3600)), .jumpClock(1, by: .seconds(90)), .disk(1, slow),
    ]
    #expect(scenario.faults.map(\.fault) == expected)
    #expect(scenario.faults.first?.at == .zero)
    #expect(scenario.faults.last?.at == .seconds(8))
  }

  @Test("all problems of a file are told at once, with their lines")
  func problems() {
    let text = """
      topologie: {}
      topology:
        peers: none
        link: {up: 100, down: 1Gbit}
        latency: {rack: 3}
        loss_percent: 101
      mds: {rack: rack-9, rack_link: {up: 1Gbit}}
      network: {piece: 1MiB, window: 64KiB}
      files:
        block_bytes: 100KiB
        list:
          - {name: a}
          - {name: b, size: 1MiB, compresses: 0.5}
        generate: {count: 0, distribution: normal, min_size: 1MiB, max_size: 1KiB}
      readers: {order: random, time_per_mib: 2m}
      arrival: {pattern: stagger, late: [{at: 1s}]}
      faults:
        - {at: 1s, what: explode, whom: peer-1}
        - {what: kill, whom: peer-77}
        - {at: 1s, what: kill, whom: peer-1, percent: 5}
        - {at: 1s, what: rate, whom: mds, up: unlimited}
        - {at: 1s, what: loss, whom: mds}
      """
    let rate = "expected a rate such as 100Mbit, 10Gbit, 12MB/s or unlimited"
    let names = "expected mds, peers, all, peer-1 to peer-1, rack-1 to rack-1, or zone-1 to zone-1"
    #expect(
      scenarioProblems(text) == [
        "s.yml:1: topologie: read an unknown key, expected 'topology'",
        "s.yml:3: topology.peers: read 'none', expected a number from 1 to 100000",
        "s.yml:4: topology.link.up: read '100', \(rate)",
        "s.yml:5: topology.latency.rack: read '3', "
          + "expected a duration of at most a year, such as 250us, 90s or 2m",
        "s.yml:6: topology.loss_percent: read '101', expected a percentage from 0.0 to 100.0",
        "s.yml:7: mds.rack: read 'rack-9', expected own, or rack-1 to rack-1",
        "s.yml:7: mds.rack_link: read a mapping, expected this key only with 'rack: own'",
        "s.yml:8: network.window: read '64KiB', "
          + "expected a window that is no smaller than a piece (1MiB)",
        "s.yml:10: files.block_bytes: read '100KiB', expected a power of two from 64KiB to 1MiB",
        "s.yml:12: files.list[0].size: read nothing, "
          + "expected a size from 1 to 1TiB, such as 2MiB",
        "s.yml:13: files.list[1].compresses: read '0.5', "
          + "expected how many plain bytes one stored byte holds, from 1.0 to 1000.0",
        "s.yml:14: files.generate.count: read '0', expected a number from 1 to 1000000",
        "s.yml:14: files.generate.distribution: read 'normal', "
          + "expected one of 'fixed', 'uniform', 'logarithmic'",
        "s.yml:14: files.generate.max_size: read '1KiB', expected a size of at least min_size",
        "s.yml:15: readers.order: read 'random', expected one of 'same', 'shuffled'",
        "s.yml:15: readers.time_per_mib: read '2m', "
          + "expected a duration of at most 1m, such as 2ms",
        "s.yml:16: arrival.over: read nothing, "
          + "expected the period of the pattern 'stagger', such as 10s",
        "s.yml:16: arrival.late[0].whom: read nothing, \(names)",
        "s.yml:18: faults[0].what: read 'explode', expected one of 'kill', 'start', 'stop', "
          + "'resume', 'cut', 'heal', 'rate', 'loss', 'clock', 'disk', 'power_off'",
        "s.yml:19: faults[1].at: read nothing, expected a moment, such as 2s",
        "s.yml:19: faults[1].whom: read 'peer-77', \(names)",
        "s.yml:20: faults[2].percent: read '5', "
          + "expected this key only where 'what' has a use for it",
        "s.yml:21: faults[3].up: read 'unlimited', "
          + "expected a rate such as 10Mbit: a link cannot lose its limit",
        "s.yml:22: faults[4].percent: read nothing, expected a percentage from 0 to 100",
      ])
  }

  @Test(
    "what is no scenario is told as such",
    arguments: [
      ("", "s.yml: read nothing, expected a mapping with 'topology' and 'files'"),
      ("[1]", "s.yml:1: read a list, expected a mapping with 'topology' and 'files'"),
      ("a: [", "s.yml:1: read malformed YAML"),
    ])
  func malformed(text: String, expected: String) {
    let problems = scenarioProblems(text)
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix(expected) == true, "\(problems)")
  }

  @Test("topology and files must be there")
  func missing() {
    #expect(
      scenarioProblems("title: x") == [
        "s.yml:1: topology: read nothing, expected a mapping with 'racks', 'peers' and 'link'",
        "s.yml:1: files: read nothing, expected a mapping with 'list', 'generate' or 'trace'",
      ])
    #expect(
      scenarioProblems("topology: {racks: 2}\nfiles: {generate: {count: 1, min_size: 1}}") == [
        "s.yml:1: topology.peers: read nothing, expected the number of peers in a rack"
      ])
  }

  @Test("no scenario has more peers or blocks than there may be")
  func bounds() {
    let peers = """
      topology: {zones: 100, racks: 1000, peers: 2}
      files: {generate: {count: 1, min_size: 1}}
      """
    #expect(
      scenarioProblems(peers) == [
        "s.yml:1: topology.peers: read '2', expected at most 100000 peers in all racks"
      ])
    let blocks = """
      topology: {peers: 1}
      files: {generate: {count: 1000000, min_size: 1GiB}}
      """
    #expect(
      scenarioProblems(blocks) == [
        "s.yml:2: files.generate: read a mapping, expected files of at most 16777216 blocks"
      ])
  }

  @Test("a file that is not there is told as such")
  func noFile() throws {
    let error = #expect(throws: ConfigurationError.self) {
      try Scenario.load(file: "/nowhere/s.yml")
    }
    #expect(error?.description.hasPrefix("/nowhere/s.yml: read nothing") == true)
    #expect(
      scenarioProblems("topology: {peers: 1}\nfiles: {trace: none.jsonl}", file: "/nowhere/s.yml")
        .first?.hasPrefix("/nowhere/s.yml:2: files.trace: read 'none.jsonl', expected a file")
        == true)
  }
}
