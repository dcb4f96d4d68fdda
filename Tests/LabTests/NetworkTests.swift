import Testing

@testable import Lab

@Suite("Network", .timeLimit(.minutes(2)))
struct NetworkTests {
  @Test("nodes reach each other, and a cut link stops that until it is restored")
  func cut() async throws {
    let network = try await Network.create()
    let one = try await network.node("one")
    let two = try await network.node("two")
    try await one.run(["busybox", "ping", "-c", "1", "-w", "5", two.address])
    try await two.cut()
    await #expect(throws: LabError.self) {
      try await one.run(["busybox", "ping", "-c", "1", "-W", "1", two.address])
    }
    try await two.restore()
    try await one.run(["busybox", "ping", "-c", "1", "-w", "5", two.address])
    await network.close()
  }
}
