import Foundation
import FoundationXML
import Testing

@testable import Bench

/// Counts the elements of a document that XML's own parser accepts.
private final class ElementCounter: NSObject, XMLParserDelegate {
  var counts: [String: Int] = [:]
  var references: [String] = []

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    counts[name, default: 0] += 1
    references += attributes.filter { $0.key.contains("href") || $0.key == "src" }.map(\.value)
  }

  /// - Returns: nil if the text is not well-formed.
  static func count(_ text: String) -> ElementCounter? {
    let counter = ElementCounter()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = counter
    return parser.parse() ? counter : nil
  }
}

@Suite struct SVGDocumentTests {
  @Test("whatever text is in it, a document is well-formed XML")
  func escaping() throws {
    var document = SVGDocument(width: 100, height: 50)
    document.text("a < b & \"c\" > 'd' \u{1}\u{FFFE} ü", 1, 2, .label)
    document.bar(0, 0, width: -5, height: .nan, .mds, tip: "<&>")
    document.path([(0, 0), (.infinity, 1)], .mdsLine)
    let counter = try #require(ElementCounter.count(document.text(title: "<title> & ]]>")))
    #expect(counter.counts["svg"] == 1)
    #expect(counter.counts["text"] == 1)
    #expect(counter.counts["polyline"] == 1)
  }

  @Test("a document has colours for dark screens and nothing from elsewhere")
  func selfContained() throws {
    let text = SVGDocument(width: 1, height: 1).text(title: "")
    #expect(text.contains("prefers-color-scheme: dark"))
    #expect(!text.contains("url("))
    #expect(try #require(ElementCounter.count(text)).references.isEmpty)
  }
}

@Suite struct StormChartTests {
  @Test("a bar for each peer's end and upload, and a line for each sender")
  func elements() throws {
    let run = Sample.measurement([
      Sample.peer(1), Sample.peer(2, fate: .killed), Sample.peer(3, seconds: nil, fate: .stopped),
    ])
    let svg = StormChart(Sample.setup(), run).svg
    let counter = try #require(ElementCounter.count(svg))
    // The paper, two keys, two ends and three uploads.
    #expect(counter.counts["rect"] == 8)
    #expect(counter.counts["polyline"] == 2)
  }

  @Test("a run without samples and peers is drawn too")
  func empty() {
    let run = StormMeasurement(peers: [], mds: .init())
    #expect(ElementCounter.count(StormChart(Sample.setup(), run).svg) != nil)
  }

  @Test("scales end at round figures")
  func nice() {
    #expect(
      [0, 0.9, 1, 1.1, 2.5, 5, 7, 24, 99, 101].map { StormChart.nice($0) } == [
        1, 1, 1, 2, 3, 6, 8, 30, 100, 200,
      ])
  }

  @Test("rates are what was sent between two samples")
  func rates() {
    let rates = StormChart.rates(Sample.measurement([]).samples) { $0.mdsSentBytes }
    #expect(rates.map(\.seconds) == [0.5, 1])
    #expect(rates.map(\.megabits) == [4, 15.2])
  }
}

@Suite struct TextTests {
  @Test("figures are rounded, and never in exponents")
  func fixed() {
    #expect(Text.fixed(1.005, digits: 1) == "1.0")
    #expect(Text.fixed(1.96, digits: 1) == "2.0")
    #expect(Text.fixed(-0.04, digits: 1) == "0.0")
    #expect(Text.fixed(-1.5, digits: 0) == "-2")
    #expect(Text.fixed(0.05, digits: 2) == "0.05")
    #expect(Text.fixed(.nan, digits: 2) == "-")
    #expect(Text.number(0.5) == "0.5")
    #expect(Text.number(10) == "10")
    #expect(Text.seconds(0.0123) == "12 ms")
    #expect(Text.bytes(1536) == "1.5 KiB")
  }

  @Test(
    "sizes",
    arguments: [
      ("0", 0), ("512", 512), ("64KiB", 65_536), ("16MiB", 16 << 20), ("1GiB", 1 << 30),
      ("", nil), ("1MB", nil), ("-1", nil), ("9999999999999TiB", nil), ("x", nil),
    ] as [(String, Int?)])
  func byteCount(text: String, expected: Int?) {
    #expect(Text.byteCount(text) == expected)
  }
}
