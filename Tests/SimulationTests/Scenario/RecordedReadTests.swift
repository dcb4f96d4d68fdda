import Settings
import Testing

@testable import Simulation

@Suite struct RecordedReadTests {
  @Test("recorded reads become steps of their peers, cut at the borders of blocks")
  func plans() throws {
    let scenario = try Scenario.load(file: "\(scenarioFolder)/recorded.yml")
    let workload = Workload(scenario, seed: 1)
    #expect(
      workload.files.files.map(\.name) == ["sbin/init", "lib/libc.so.6", "etc/fstab"])
    #expect(workload.files.files.map(\.bytes) == [531_072, 393_216, 512])
    #expect(workload.plans[0].steps.isEmpty)
    #expect(workload.plans[1].steps.map(\.block) == [0, 3, 4, 0, 1, 2])
    #expect(
      workload.plans[1].steps.map(\.bytes) == [131_072, 4096, 131_072, 131_072, 262_144, 6784])
    #expect(workload.plans[2].steps.map(\.block) == [0, 3, 4, 5, 0, 1, 2])
    #expect(workload.plans[2].steps[3].notBeforeNanoseconds == 500_000_000)
  }

  @Test("lines that do not read are told by their numbers, the others are read")
  func problems() {
    let text = """
      {"time": 0, "file": "a", "offset": 0, "length": 1}

      nonsense
      {"time": -1, "peer": 9, "file": "a", "offset": -1, "length": 0}
      {"time": 0, "peer": 2, "file": "a", "offset": 1.5, "length": 1}
      {"time": 0, "peer": 2, "file": "a", "offset": 0, "length": 1}
      """
    let log = ProblemLog(file: "t.jsonl")
    let reads = RecordedRead.read(Array(text.utf8), peerCount: 3, log)
    let line =
      #"read another line, expected {"time": SECONDS, "peer": NUMBER, "file": NAME, "#
      + #""offset": BYTES, "length": BYTES}"#
    #expect(reads.map(\.peer) == [nil, 2])
    #expect(
      log.problems.map(\.description) == [
        "t.jsonl:3: \(line)",
        "t.jsonl:4: time: read -1.0, expected seconds from 0 to 100000000",
        "t.jsonl:4: peer: read 9, expected the number of a peer, 1 to 3",
        "t.jsonl:4: offset: read -1, expected bytes from 0 to 1TiB",
        "t.jsonl:4: length: read 0, expected bytes from 1 to 1TiB",
        "t.jsonl:5: \(line)",
      ])
  }
}
