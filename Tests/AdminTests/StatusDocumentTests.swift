import Admin
import Testing

@Suite struct StatusDocumentTests {
  static let full = StatusDocument(
    role: "mds", version: "1", nfs: "[::1]:2049", uptimeSeconds: 90_061,
    bytesBySource: ["mds": 1, "disk": 3 << 20], counters: ["reads": 7],
    peers: [
      .init(
        address: "192.0.2.7:2049", state: "registered", zone: "a", registeredSeconds: 61,
        grants: 2, layouts: 3)
    ],
    detail: ["empty": [:], "list": [1, 2.5, "x/y", true, nil, ["deep": -1]]])

  @Test("a document is the same after it was written and read")
  func roundTrip() throws {
    #expect(try StatusDocument(json: Self.full.json()) == Self.full)
  }

  @Test("the text has its keys in order and in snake case")
  func text() throws {
    let document = StatusDocument(
      role: "peer", version: "1", nfs: "a:1", uptimeSeconds: 2, bytesBySource: ["ram": 1],
      detail: ["z": 1, "a": .double(.infinity)])
    #expect(
      String(decoding: try document.json(), as: UTF8.self) == """
        {
          "bytes_by_source" : {
            "ram" : 1
          },
          "counters" : {

          },
          "detail" : {
            "a" : null,
            "z" : 1
          },
          "nfs" : "a:1",
          "peers" : [

          ],
          "role" : "peer",
          "uptime_seconds" : 2,
          "version" : "1"
        }
        """)
  }

  @Test("counts beyond what JSON readers take are the largest they do")
  func largeCount() {
    #expect(JSONValue(UInt64.max) == .int(.max))
  }

  @Test("text that is no status document is refused", arguments: ["", "{}", "[]", "<html>"])
  func otherText(_ text: String) {
    #expect(throws: (any Error).self) { try StatusDocument(json: Array(text.utf8)) }
  }
}

@Suite struct StatusReportTests {
  @Test("the summary shows sources in the order of their cost, and shares")
  func summary() {
    #expect(
      StatusReport(StatusDocumentTests.full).summary == """
        mds [::1]:2049, up 1d 1h, version 1

        file data sent, by where it came from
          disk  3.0 MiB  100.0%
          mds       1 B    0.0%

        counters
          reads  7

        1 peers (p2pnfs peers lists them)
        """)
  }

  @Test("peers are a table with a dash for what is not known")
  func peers() {
    #expect(
      StatusReport(StatusDocumentTests.full).peers == """
        ADDRESS         STATE       ZONE  RACK  NODE  SINCE  GRANTS  LAYOUTS
        192.0.2.7:2049  registered  a     -     -     1m 1s       2        3
        """)
  }

  @Test("a node without peers says what to do next")
  func noPeers() {
    var document = StatusDocument(role: "mds", version: "1", nfs: "a:1", uptimeSeconds: 0)
    #expect(StatusReport(document).peers.hasPrefix("No peer is registered."))
    document.role = "peer"
    #expect(StatusReport(document).peers.contains("p2pnfs peers --admin HOST:PORT"))
  }

  @Test("control characters of a node never reach the terminal")
  func control() {
    var document = StatusDocumentTests.full
    document.peers[0].state = "\u{1b}[2Jx"
    #expect(StatusReport(document).peers.contains("?[2Jx"))
    #expect(!StatusReport(document).peers.contains("\u{1b}"))
  }
}
