import Testing

@testable import Simulation

@Suite struct LinkRateTests {
  @Test(
    "rates read in bits and bytes a second",
    arguments: [
      ("100Mbit", 12_500_000), ("10Gbit", 1_250_000_000), ("8bit", 1), ("64kbit", 8000),
      ("1Tbit", 125_000_000_000), ("12MB/s", 12_000_000), ("1KiB/s", 1024), ("unlimited", nil),
    ])
  func reads(text: String, expected: Int?) throws {
    #expect(try #require(LinkRate(text)).bytesPerSecond == expected)
  }

  @Test(
    "nothing else is a rate",
    arguments: [
      "", "100", "Mbit", "-1Mbit", "1.5Gbit", "100Mbps", "100mbit", "7bit", "0Mbit", "0B/s",
      "99999999999999999999Mbit", "9999999999Tbit", "9999999999GB/s",
    ])
  func refuses(text: String) {
    #expect(LinkRate(text) == nil)
  }
}
