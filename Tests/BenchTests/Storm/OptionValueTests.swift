import Testing

@testable import Bench

@Suite struct LinkRateTests {
  @Test(
    "rates as tc writes them",
    arguments: [
      ("100mbit", 100_000_000), ("1gbit", 1_000_000_000), ("512kbit", 512_000), ("0mbit", nil),
      ("100", nil), ("100MB", nil), ("mbit", nil), ("-1mbit", nil), ("2000gbit", nil), ("", nil),
    ] as [(String, Int?)])
  func parse(text: String, bits: Int?) {
    #expect(LinkRate(text)?.bitsPerSecond == bits)
    if bits != nil { #expect(LinkRate(text)?.description == text) }
  }

  @Test("a link's time, and a burst of 10 ms but of a segment at least")
  func figures() {
    #expect(LinkRate(bitsPerSecond: 8_000_000).seconds(for: 2_000_000) == 2)
    #expect(LinkRate(bitsPerSecond: 1_000_000_000).burstBytes == 1_250_000)
    #expect(LinkRate(bitsPerSecond: 1_000_000).burstBytes == 65_536)
  }
}

@Suite struct ArrivalPatternTests {
  @Test(
    "patterns",
    arguments: [
      ("barrier", .barrier), ("late", .late), ("stagger:10", .stagger(seconds: 10)),
      ("rolling:0.5", .rolling(seconds: 0.5)), ("stagger", nil), ("stagger:", nil),
      ("stagger:-1", nil), ("rolling:nan", nil), ("late:1", nil), ("", nil),
    ] as [(String, ArrivalPattern?)])
  func parse(text: String, pattern: ArrivalPattern?) {
    #expect(ArrivalPattern(text) == pattern)
    if let pattern { #expect(pattern.description == text) }
  }

  @Test("starts are spread evenly from the first to the last")
  func offsets() {
    let pattern = ArrivalPattern.stagger(seconds: 6)
    #expect((0..<4).map { pattern.offset(of: $0, count: 4) } == [0, 2, 4, 6])
    #expect(pattern.offset(of: 0, count: 1) == 0)
    #expect(ArrivalPattern.barrier.offset(of: 3, count: 4) == 0)
  }
}

@Suite struct PeerChoiceTests {
  @Test("a peer and a fraction")
  func fault() {
    #expect(PeerFault("3@0.5")?.peer == 3)
    #expect(PeerFault("3@0.5")?.fraction == 0.5)
    #expect(PeerFault("3@0.5")?.description == "3@0.5")
    for text in ["", "3", "3@", "@0.5", "0@0.5", "3@1.5", "3@-1", "3@0.5@1", "a@0.5"] {
      #expect(PeerFault(text) == nil, "\(text)")
    }
  }

  @Test("a peer and a rate")
  func rate() {
    #expect(PeerRate("16=10mbit")?.description == "16=10mbit")
    for text in ["", "3", "3=", "=10mbit", "0=10mbit", "3=10", "3=1mbit=1mbit"] {
      #expect(PeerRate(text) == nil, "\(text)")
    }
  }
}

@Suite struct FileSourceTests {
  @Test(
    "sources",
    arguments: [
      ("library", .library), ("random", .random), ("/srv/images", .directory("/srv/images")),
      ("./images", .directory("./images")), ("..", .directory("..")), ("libary", nil), ("", nil),
    ] as [(String, FileSource?)])
  func parse(text: String, source: FileSource?) { #expect(FileSource(text) == source) }

  @Test("sizes of files")
  func sizes() {
    #expect(FileSizes("2x4KiB,7")?.bytes == [4096, 4096, 7])
    for text in ["", "0", "x4", "0x4", "1x2x3", "1,", "100001x1", "-1x4"] {
      #expect(FileSizes(text) == nil, "\(text)")
    }
    #expect(FileSizes(total: 40 << 20).bytes == [16 << 20, 16 << 20, 8 << 20])
    #expect(FileSizes(total: 0).bytes == [1])
  }
}

@Suite struct ProcessTimesTests {
  @Test("the program's name may have spaces and parentheses")
  func parse() {
    let rest = (3...52).map { "\($0)" }.joined(separator: " ")
    // Fields 14 and 15 are 14 and 15 ticks.
    #expect(ProcessTimes.cpuSeconds("42 (a b) (c)) \(rest)") == 0.29)
    #expect(ProcessTimes.cpuSeconds("42 (name) S 1 2") == nil)
    #expect(ProcessTimes.cpuSeconds("") == nil)
  }
}

@Suite struct InterfaceTableTests {
  private static let text = """
    Inter-|   Receive                                                |  Transmit
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs
        lo:       0       0    0    0    0     0          0         0        0       0    0
     peer1:12345678    1000    0    0    0     0          0         0  7654321     500    0
    """

  @Test("an interface's counters, with and without headers")
  func parse() {
    let counters = InterfaceTable(Self.text)["peer1"]
    #expect(counters.receivedBytes == 12_345_678)
    #expect(counters.sentPackets == 500)
    #expect(counters.receivedPayloadBytes == 12_345_678 - 66_000)
    #expect(counters.fromTheOtherEnd.sentBytes == 12_345_678)
    #expect(counters.fromTheOtherEnd.fromTheOtherEnd == counters)
    #expect((counters - counters) == InterfaceTable.Counters())
  }

  @Test("what is not there counts nothing")
  func missing() {
    #expect(InterfaceTable(Self.text)["eth9"] == InterfaceTable.Counters())
    #expect(InterfaceTable("").interfaces.isEmpty)
    #expect(InterfaceTable("a: 1 2\nb: x").interfaces.isEmpty)
  }
}
