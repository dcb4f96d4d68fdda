import Testing

@testable import Lab

@Suite("Guest", .timeLimit(.minutes(3)))
struct GuestTests {
  @Test("two guests boot, have addresses of their own and reach each other")
  func ping() async throws {
    let network = try await Network.create()
    async let first = Guest.boot("first", on: network.node("one"))
    async let second = Guest.boot("second", on: network.node("two"))
    let (one, two) = try await (first, second)
    #expect(one.address != two.address)
    let before = try await two.node.counters()
    let guestBefore = try await two.counters()
    try await one.check("ping -c 3 -s 1000 -w 20 \(two.address)")
    let passed = try await two.node.counters() - before
    let guestPassed = try await two.counters() - guestBefore
    #expect(passed.receivedBytes >= 3000 && passed.sentBytes >= 3000)
    #expect(guestPassed.receivedBytes >= 3000 && guestPassed.sentBytes >= 3000)
    await one.powerOff()
    await two.powerOff()
    #expect(!one.isRunning && !two.isRunning)
    await network.close()
  }

  @Test("a command's status, output and error come back, byte for byte")
  func output() async throws {
    let network = try await Network.create()
    let guest = try await Guest.boot("guest", on: network.node("one"))
    let result = try await guest.run("printf 'a\\n\\000b'; echo no >&2; exit 7")
    #expect(result.status == 7)
    #expect(result.outputBytes == [0x61, 0x0a, 0x00, 0x62])
    #expect(result.error == "no\n")
    let sequence = try await guest.check("seq 1 200000")
    #expect(sequence == (1...200_000).map { "\($0)\n" }.joined())
    await network.close()
  }

  @Test("a command runs as the user and the groups it is told")
  func users() async throws {
    let network = try await Network.create()
    let user = Guest.User(uid: 1234, gid: 2345, groups: [3456, 4567])
    for userland in [Guest.Userland.busybox, .whole] {
      let guest = try await Guest.boot(
        "guest\(userland)", on: network.node("\(userland)"), userland: userland)
      #expect(try await guest.check("id -u; id -g", as: user) == "1234\n2345\n")
      let groups = try await guest.check("id -G", as: user).split(whereSeparator: \.isWhitespace)
      #expect(Set(groups) == ["2345", "3456", "4567"])
      await guest.powerOff()
    }
    await network.close()
  }

  @Test("a guest with the whole userland runs this machine's programs")
  func whole() async throws {
    let network = try await Network.create()
    let guest = try await Guest.boot("guest", on: network.node("one"), userland: .whole)
    #expect(try await guest.check("md5sum --version | head -1").contains("coreutils"))
    #expect(try await guest.check("stat -c %s /proc/self/mountstats") == "0\n")
    #expect(try await guest.run("touch /usr/forbidden").status != 0)
    await network.close()
  }

  @Test("a command that takes too long is an error, and the guest goes on")
  func timeout() async throws {
    let network = try await Network.create()
    let guest = try await Guest.boot("guest", on: network.node("one"))
    await #expect(throws: LabError.self) {
      try await guest.run("sleep 1000", within: .milliseconds(300))
    }
    #expect(try await guest.check("ps | grep -c '[s]leep 1000' || true") == "0\n")
    #expect(try await guest.check("echo yes") == "yes\n")
    await network.close()
  }

  @Test("a guest that dies fails its commands with the console's end")
  func death() async throws {
    let network = try await Network.create()
    let guest = try await Guest.boot("guest", on: network.node("one"))
    let job = try guest.start("sleep 1000")
    _ = try guest.start("echo farewell > /dev/console; echo c > /proc/sysrq-trigger")
    let error = await #expect(throws: LabError.self) { _ = try await job.output() }
    #expect(error?.logTail.contains("Kernel panic") == true)
    #expect(throws: LabError.self) { try guest.start("true") }
    await network.close()
  }
}
