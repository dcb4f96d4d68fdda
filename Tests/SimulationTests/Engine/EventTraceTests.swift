import Glibc
import Testing

@testable import Simulation

@Suite struct EventTraceTests {
  /// Some traffic with loss, jitter and faults.
  private func run(seed: UInt64, text: TraceText?) -> Cluster<ProbeNode> {
    var topology = Topology.oneRack(nodeCount: 6, link: fastEthernet)
    topology.jitter.sameRack = .microseconds(300)
    topology.lossProbability = 0.1
    var cluster = Cluster.probes(topology, seed: seed, text: text)
    cluster.inject(.kill(5), at: .milliseconds(5))
    cluster.inject(.stop(4), at: .milliseconds(3))
    cluster.inject(.resume(4), at: .milliseconds(9))
    for round in 0..<40 {
      let source = round % 6
      cluster.send(round, bytes: 5000 * (round % 7), from: source, to: (source + 1) % 6)
      cluster.sendDatagram(1000 + round, bytes: 300, from: source, to: (source + 2) % 6)
      cluster.run(until: .milliseconds(round / 2))
    }
    cluster.run(until: .seconds(1))
    return cluster
  }

  @Test("one seed gives one trace, to the byte", arguments: [1, 2, 99])
  func deterministic(seed: UInt64) {
    let (one, other) = (TraceText(byteLimit: 1 << 20), TraceText(byteLimit: 1 << 20))
    let first = run(seed: seed, text: one)
    let second = run(seed: seed, text: other)
    #expect(one.lines.count > 1000)
    #expect(one.lines == other.lines)
    #expect(first.trace.digest == second.trace.digest)
    #expect(first.eventCount == second.eventCount)
    #expect(one.lines.count { $0 == UInt8(ascii: "\n") } == first.eventCount)
    #expect(run(seed: seed, text: nil).trace.digest == first.trace.digest)
  }

  @Test("another seed gives another trace")
  func otherSeed() {
    #expect(run(seed: 1, text: nil).trace.digest != run(seed: 2, text: nil).trace.digest)
  }

  @Test("a copy of a cluster goes on as the cluster does")
  func copy() {
    var cluster = Cluster.probes(.oneRack(nodeCount: 2, link: fastEthernet))
    cluster.send(1, bytes: 100_000, from: 0, to: 1)
    cluster.run(until: .milliseconds(2))
    var copy = cluster
    cluster.run(until: .seconds(1))
    #expect(copy.nodes[1].log.count == 1)
    copy.run(until: .seconds(1))
    #expect(copy.trace.digest == cluster.trace.digest)
  }

  @Test("any field of a line changes the digest")
  func digest() {
    func digest(_ moment: Int64, _ a: Int64, _ b: Int64, _ c: Int64, _ d: Int64) -> UInt64 {
      var trace = EventTrace()
      trace.record(.delivery, at: moment, a, b, c, d)
      return trace.digest
    }
    let digests: Set<UInt64> = [
      digest(1, 2, 3, 4, 5), digest(0, 2, 3, 4, 5), digest(1, 0, 3, 4, 5),
      digest(1, 2, 0, 4, 5), digest(1, 2, 3, 0, 5), digest(1, 2, 3, 4, 0),
    ]
    #expect(digests.count == 6)
  }

  @Test("a node's notes are lines")
  func notes() {
    let text = TraceText(byteLimit: 1000)
    var cluster = Cluster.probes(.oneRack(nodeCount: 1, link: fastEthernet), text: text)
    cluster.perform(on: 0) { $1.note(7, 42) }
    #expect(String(decoding: text.lines, as: UTF8.self).hasSuffix("0 note 0 7 42 0\n"))
  }

  @Test("memory takes lines up to its bound, and counts the others")
  func bound() {
    let text = TraceText(byteLimit: 20)
    for _ in 0..<3 { text.append("123456789") }
    #expect(text.lines.count == 20)
    #expect(text.omittedCount == 1)
  }

  @Test("a file has the same bytes as memory")
  func file() throws {
    var template = Array("/tmp/simulation-trace-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    try #require(descriptor >= 0)
    close(descriptor)
    let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    defer { unlink(path) }
    let memory = TraceText(byteLimit: 1 << 20)
    _ = run(seed: 3, text: memory)
    let file = try TraceText(path: path)
    _ = run(seed: 3, text: file)
    try file.flush()
    let written = try #require(fopen(path, "r"))
    defer { fclose(written) }
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    let count = fread(&bytes, 1, bytes.count, written)
    #expect(Array(bytes[..<count]) == memory.lines)
    #expect(throws: TraceText.Failure.self) { try TraceText(path: path + "/none") }
  }
}
