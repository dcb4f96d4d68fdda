import Foundation
import Testing

@testable import Bench

@Suite struct LatencyHistogramTests {
  @Test("a percentile is right to about three percent, at every size")
  func precision() {
    for microseconds in [1, 31, 32, 33, 100, 1000, 12_345, 1_000_000, 60_000_000] {
      var histogram = LatencyHistogram()
      histogram.record(.microseconds(microseconds))
      // The largest is kept exactly, so another one has to be larger.
      histogram.record(.microseconds(microseconds * 4))
      let found = histogram.percentile(0.5) / .microseconds(1)
      #expect(found >= Double(microseconds))
      #expect(found <= Double(microseconds) * 1.04 + 1)
    }
  }

  @Test("percentiles of a thousand")
  func percentiles() {
    var histogram = LatencyHistogram()
    for milliseconds in 1...1000 { histogram.record(.milliseconds(milliseconds)) }
    #expect((485...520).contains(histogram.percentile(0.5) / .milliseconds(1)))
    #expect((960...1000).contains(histogram.percentile(0.99) / .milliseconds(1)))
    #expect(histogram.percentile(1) == .milliseconds(1000))
    #expect(histogram.longest == .milliseconds(1000))
  }

  @Test("nothing, negative and enormous durations")
  func limits() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == .zero)
    histogram.record(.seconds(-1))
    histogram.record(.seconds(1_000_000))
    #expect(histogram.count == 2)
    #expect(histogram.counts.count <= 28 * 32)
  }

  @Test("two added are as one that got everything, also through JSON")
  func addition() throws {
    var (one, other, both) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for milliseconds in 1...50 {
      one.record(.milliseconds(milliseconds))
      both.record(.milliseconds(milliseconds))
    }
    for seconds in 1...5 {
      other.record(.seconds(seconds))
      both.record(.seconds(seconds))
    }
    let json = try JSONEncoder().encode(other)
    one.add(try JSONDecoder().decode(LatencyHistogram.self, from: json))
    #expect(one == both)
  }

  @Test("JSON that is no histogram", arguments: [#"{"counts":[-1],"longest_us":1}"#, #"{}"#])
  func malformed(json: String) {
    #expect(throws: (any Error).self) {
      try JSONDecoder().decode(LatencyHistogram.self, from: Data(json.utf8))
    }
  }
}
