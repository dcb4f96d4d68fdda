import Admin
import Testing

@Suite struct MetricRegistryTests {
  @Test("a name with equal labels is one counter, with others another")
  func identity() {
    let registry = MetricRegistry()
    let ram = registry.counter("sent_bytes", "Sent.", labels: [.init("source", "ram")])
    let disk = registry.counter("sent_bytes", "Sent.", labels: [.init("source", "disk")])
    #expect(registry.counter("sent_bytes", "Sent.", labels: [.init("source", "ram")]) === ram)
    #expect(ram !== disk)
    ram.add(3)
    disk.add(4)
    #expect(
      registry.families() == [
        MetricFamily(
          name: "p2pnfs_sent_bytes_total", help: "Sent.", kind: .counter,
          samples: [
            .init(labels: [.init("source", "ram")], value: 3),
            .init(labels: [.init("source", "disk")], value: 4),
          ])
      ])
  }

  @Test("metrics come in the order they were first asked for, and closures are read each time")
  func order() {
    let registry = MetricRegistry(prefix: "x")
    let open = registry.gauge("open", "Open.")
    registry.gauge("twice_open", "Twice.") { Double(open.value) * 2 }
    _ = registry.counter("a", "A.")
    open.set(4)
    #expect(registry.families().map(\.name) == ["x_open", "x_twice_open", "x_a_total"])
    #expect(registry.families().map { $0.samples[0].value } == [4, 8, 0])
  }

  @Test("the exposition is Prometheus' text format, escaped where it asks for it")
  func exposition() {
    let text = MetricFamily.exposition([
      MetricFamily(
        name: "reads_total", help: "Back\\slash,\nline, \"quotes\".", kind: .counter,
        samples: [.init(value: 18_000_000_000_000)]),
      MetricFamily(
        name: "load", help: "Load.", kind: .gauge,
        samples: [
          .init(labels: [.init("a", "x\"y\\z\n"), .init("b", "")], value: 0.5),
          .init(labels: [.init("a", "nan")], value: .nan),
          .init(labels: [.init("a", "inf")], value: -.infinity),
        ]),
    ])
    #expect(
      text == #"""
        # HELP reads_total Back\\slash,\nline, "quotes".
        # TYPE reads_total counter
        reads_total 18000000000000
        # HELP load Load.
        # TYPE load gauge
        load{a="x\"y\\z\n",b=""} 0.5
        load{a="nan"} NaN
        load{a="inf"} -Inf

        """#)
  }
}
