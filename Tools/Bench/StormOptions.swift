import ArgumentParser
import Bench

/// What a storm is made of.
struct StormOptions: ParsableArguments {
  @Option(help: "Peers, each with a reader behind it: 1 to 64.")
  var peers = 16

  @Option(help: "Every node's link, both ways, the metadata server's too.")
  var rate = LinkRate(bitsPerSecond: 100_000_000)

  @Option(
    help: ArgumentHelp(
      "How long a packet may wait for a link before it is dropped, in milliseconds.",
      valueName: "ms"))
  var queue = 25

  @Option(
    name: .long,
    help: ArgumentHelp(
      "The nodes' congestion control of TCP. reno is on every machine, and over links as short as "
        + "these does as cubic; what a machine has by default may be something else.",
      valueName: "name"))
  var congestionControl = "reno"

  @Option(help: "random, library, or a directory, which is only read.")
  var files = FileSource.random

  @Option(help: "Take at most this many MiB of files.")
  var megabytes = 256

  @Option(
    help: "With random: sizes, such as 4x16MiB,100x64KiB, in place of 16 MiB each.")
  var sizes: FileSizes?

  @Option(help: "barrier, stagger:SECONDS, rolling:SECONDS (the peers join then) or late.")
  var pattern = ArrivalPattern.barrier

  @Option(help: "Racks; the metadata server is in the first, the peers are spread.")
  var racks = 1

  @Option(help: "The links between racks, both ways.")
  var rackRate = LinkRate(bitsPerSecond: 100_000_000)

  @Option(help: ArgumentHelp("Another link for a peer: 3=10mbit.", valueName: "peer=rate"))
  var slow: [PeerRate] = []

  @Option(
    help: ArgumentHelp(
      "Kill a peer when so much of everything was read: 3@0.5.", valueName: "peer@fraction"))
  var kill: [PeerFault] = []

  @Option(
    help: ArgumentHelp(
      "Stop a peer (SIGSTOP) then; its reader is let go on at the end.",
      valueName: "peer@fraction"))
  var stop: [PeerFault] = []

  @Option(help: "Of one READ: a power of two from 4KiB to 1MiB.")
  var readBytes = ByteCount(128 << 10)

  @Option(help: "READs under way at once in a file.")
  var readAhead = 4

  @Option(help: "Files that a reader reads at once.")
  var openFiles = 1

  @Option(help: "For random files and identities.")
  var seed: UInt64 = 1

  @Option(
    help: ArgumentHelp(
      "A line for the metadata server's configuration: lease_seconds=20.", valueName: "key=value"))
  var configMds: [ConfigurationLine] = []

  @Option(
    help: ArgumentHelp(
      "A line for the peers' configuration: cache.block_bytes=128KiB.", valueName: "key=value"))
  var configPeer: [ConfigurationLine] = []

  @Option(help: "Give up when nothing arrived anywhere for so many seconds.")
  var patience = 60

  func validate() throws {
    func check(_ name: String, _ value: Int, _ range: ClosedRange<Int>) throws {
      guard range.contains(value) else {
        throw ValidationError(
          "--\(name): read \(value), expected \(range.lowerBound) to \(range.upperBound)")
      }
    }
    try check("peers", peers, 1...64)
    try check("queue", queue, 1...10_000)
    guard congestionControl.wholeMatch(of: /[a-z0-9_]+/) != nil else {
      throw ValidationError(
        "--congestion-control: read '\(congestionControl)', expected a name such as reno")
    }
    try check("megabytes", megabytes, 1...1 << 20)
    try check("racks", racks, 1...min(peers, 16))
    try check("read-ahead", readAhead, 1...256)
    try check("open-files", openFiles, 1...64)
    try check("patience", patience, 1...86_400)
    guard readBytes.bytes.nonzeroBitCount == 1, (4 << 10...1 << 20).contains(readBytes.bytes)
    else {
      throw ValidationError(
        "--read-bytes: read \(readBytes.bytes), expected a power of two from 4KiB to 1MiB")
    }
    let blockBytes = StormConfiguration.blockBytes(configPeer) ?? 0
    guard blockBytes.nonzeroBitCount == 1, (64 << 10...1 << 20).contains(blockBytes) else {
      throw ValidationError("--config-peer: cache.block_bytes is no power of two up to 1MiB")
    }
    let harmed = slow.map(\.peer) + kill.map(\.peer) + stop.map(\.peer)
    guard harmed.allSatisfy({ $0 <= peers }) else {
      throw ValidationError("--slow, --kill, --stop: there are peers 1 to \(peers)")
    }
    guard Set(harmed).count == harmed.count else {
      throw ValidationError("--slow, --kill, --stop: one thing for one peer")
    }
    guard pattern != .late || !harmed.contains(peers) else {
      throw ValidationError("--pattern late: the last peer is the late one")
    }
    guard pattern != .late || peers > 1 else {
      throw ValidationError("--pattern late: expected at least two peers")
    }
    guard kill.count + stop.count < peers else {
      throw ValidationError("--kill, --stop: one peer at least must live")
    }
  }

  /// What befalls a peer.
  /// - Parameter number: from 1.
  func fate(of number: Int) -> StormMeasurement.Fate {
    if kill.contains(where: { $0.peer == number }) { return .killed }
    if stop.contains(where: { $0.peer == number }) { return .stopped }
    if slow.contains(where: { $0.peer == number }) { return .slow }
    if pattern == .late, number == peers { return .late }
    return .unharmed
  }

  /// A peer's link.
  func rate(of number: Int) -> LinkRate {
    slow.first { $0.peer == number }?.rate ?? rate
  }

  /// What configurations call a rack; nil: there is one, of which nothing is said.
  func rackName(_ rack: Int) -> String? { racks > 1 ? "rack\(rack)" : nil }

  /// A peer's rack, from 1: neighbours by number share one.
  func rack(of number: Int) -> Int { (number - 1) * racks / peers + 1 }

  /// What was done to peers, in words.
  var faults: [String] {
    slow.map { "peer \($0.peer) at \($0.rate)" }
      + kill.map { "peer \($0.peer) killed at \(Text.number($0.fraction))" }
      + stop.map { "peer \($0.peer) stopped at \(Text.number($0.fraction))" }
  }
}
