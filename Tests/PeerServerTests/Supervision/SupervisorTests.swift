import Foundation
import Glibc
import Logging
import Testing

@testable import PeerServer

/// One after the other: signal handlers belong to the whole process.
@Suite(.serialized, .timeLimit(.minutes(1))) struct SupervisorTests {
  /// Supervises a shell script, which says `beat` where it does.
  /// - Returns: the status to end with.
  private func run(_ script: String) throws -> Int32 {
    let directory = FileManager.default.temporaryDirectory
      .appending(path: "p2pnfs-supervisor-\(UUID().uuidString)", directoryHint: .isDirectory)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    let text = """
      cd \(directory.path) || exit 99
      pipe=/proc/self/fd/${P2PNFSD_SUPERVISED%% *}
      beat() { echo >"$pipe"; }
      \(script)
      """
    return try Supervisor(
      program: "/bin/sh", arguments: ["sh", "-c", text], lookMilliseconds: 20,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ).run()
  }

  @Test("the status of a program that ends by itself is the supervisor's")
  func status() throws {
    #expect(try run("exit 5") == 5)
    #expect(try run("beat; exit 0") == 0)
    #expect(try run("kill -SEGV $$") == 128 + SIGSEGV)
  }

  @Test("a program that was stopped is ended and started again; so is one that dies")
  func hangs() throws {
    #expect(
      try run(
        """
        test -e second && exit 7
        touch second; beat
        kill -STOP $$
        """) == 7)
    #expect(
      try run(
        """
        test -e second && exit 8
        touch second; beat
        kill -KILL $$
        """) == 8)
  }

  @Test("the child knows its supervisor, and has signals as they are by default")
  func child() throws {
    #expect(
      try run(
        """
        test "${P2PNFSD_SUPERVISED##* }" = \(getpid()) || exit 1
        test "$PPID" = \(getpid()) || exit 2
        grep -q 'SigIgn:.*0000$' /proc/self/status || exit 3
        grep -q 'SigBlk:.*0000$' /proc/self/status || exit 4
        exit 42
        """) == 42)
  }

  @Test("a program that does not exist is told")
  func missing() {
    let supervisor = Supervisor(
      program: "/nowhere/p2pnfsd", arguments: ["p2pnfsd"],
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    #expect(throws: SupervisorError.self) { try supervisor.run() }
  }
}
