import Testing

@testable import Lab

@Suite("Capture", .timeLimit(.minutes(2)))
struct CaptureTests {
  @Test("a record holds every packet that passed before it was stopped")
  func record() async throws {
    let network = try await Network.create()
    let one = try await network.node("one")
    let two = try await network.node("two")
    let capture = try await Capture.start("capture", on: two, interface: "br0")
    try await one.run(["busybox", "ping", "-c", "3", "-i", "0.1", two.address])
    let counts = try await capture.stop()
    #expect(counts.received >= 6)
    #expect(counts.dropped == 0)
    let dissection = try await capture.dissection()
    #expect(dissection.packetCount == counts.received)
    #expect(dissection.complaints.isEmpty)
    #expect(dissection.messageCount == 0)
    await network.close()
  }
}
