import Testing

@testable import Placement

@Suite struct LocalityTests {
  @Test(
    "distance counts what both sides say, from the outside in",
    arguments: [
      (Locality(), Locality(), Distance.elsewhere),
      (Locality(node: "n"), Locality(node: "n"), .sameNode),
      (Locality(rack: "r"), Locality(rack: "r"), .sameRack),
      (Locality(zone: "z"), Locality(zone: "z"), .sameZone),
      (Locality(zone: "z"), Locality(), .elsewhere),
      (
        Locality(zone: "z", rack: "r", node: "n"), Locality(zone: "z", rack: "r", node: "n"),
        .sameNode
      ),
      (Locality(zone: "z", rack: "r", node: "n"), Locality(zone: "z", rack: "r"), .sameRack),
      (Locality(zone: "z", rack: "r"), Locality(zone: "z", rack: "s"), .sameZone),
      // One name in two zones is two racks, and one name in two racks two nodes.
      (Locality(zone: "y", rack: "r"), Locality(zone: "z", rack: "r"), .elsewhere),
      (Locality(zone: "y", node: "n"), Locality(zone: "z", node: "n"), .elsewhere),
      (Locality(rack: "r", node: "n"), Locality(rack: "s", node: "n"), .elsewhere),
      // Where one side does not name its zone, the rack's name counts.
      (Locality(zone: "z", rack: "r"), Locality(rack: "r"), .sameRack),
    ])
  func distance(client: Locality, server: Locality, expected: Distance) {
    #expect(Distance(from: client, to: server) == expected)
    #expect(Distance(from: server, to: client) == expected)
  }

  @Test("distances are ordered from near to far")
  func order() {
    let all: [Distance] = [.sameAddress, .sameNode, .sameRack, .sameZone, .elsewhere]
    #expect(all.sorted() == all)
  }
}
