import Simulation
import Testing

@Suite struct WorkloadTests {
  private func workload(_ rest: String, seed: UInt64 = 1) throws -> Workload {
    Workload(
      try scenario(
        """
        topology: {peers: 5}
        files:
          generate: {count: 50, distribution: logarithmic, min_size: 1KiB, max_size: 1MiB}

        """ + rest), seed: seed)
  }

  @Test("one seed draws the same files, orders and beginnings, another seed others")
  func seeds() throws {
    let rest = "readers: {order: shuffled}\narrival: {pattern: stagger, over: 10s}"
    let (one, same, other) = (
      try workload(rest), try workload(rest), try workload(rest, seed: 2)
    )
    #expect(one.files == same.files)
    #expect(one.plans == same.plans)
    #expect(one.readerStarts == same.readerStarts)
    #expect(one.files != other.files)
    #expect(one.plans[1] != one.plans[2])
    #expect(one.plans[1].blocks == one.plans[2].blocks)
    #expect(one.readerStarts != other.readerStarts)
  }

  @Test("sizes stay within their bounds, and every order of magnitude has its share")
  func sizes() throws {
    let sizes = try workload("").files.files.map(\.bytes)
    #expect(sizes.allSatisfy { (1024...1 << 20).contains($0) })
    #expect((15...35).contains(sizes.count { $0 < 32 << 10 }))
  }

  @Test("readers of one order read the same")
  func sameOrder() throws {
    let plans = try workload("").plans
    #expect(plans[0].steps.isEmpty)
    #expect(plans[1] == plans[5])
  }

  @Test("readers begin at a barrier, at random, or one after another")
  func arrival() throws {
    #expect(
      try workload("arrival: {at: 3s}").readerStarts.dropFirst().allSatisfy { $0 == .seconds(3) })
    let random = try workload("arrival: {pattern: stagger, at: 3s, over: 10s}").readerStarts
    #expect(Set(random.dropFirst()).count == 5)
    #expect(random.dropFirst().allSatisfy { $0 >= .seconds(3) && $0 < .seconds(13) })
    let rolling = try workload(
      "arrival: {pattern: rolling, at: 3s, over: 8s, late: [{whom: peer-2, at: 60s}]}")
    #expect(
      rolling.readerStarts.dropFirst() == [3, 60, 7, 9, 11].map { Duration.seconds($0) }[...])
    #expect(rolling.nodeStarts == [0, 0, 60, 0, 0, 0].map { .seconds($0) })
    let booting = try workload("arrival: {pattern: barrier, daemons: with_reader}")
    #expect(booting.nodeStarts == [0, 1, 1, 1, 1, 1].map { .seconds($0) })
  }
}
