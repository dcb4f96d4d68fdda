/// Draws a storm: when readers finished, who sent how much when, and how much each peer sent.
public struct StormChart: Sendable {
  private let setup: StormSetup
  private let run: StormMeasurement

  private static let width = 920.0
  private static let left = 70.0
  private static let right = 900.0
  private static let panelHeight = 170.0

  /// One panel's place and scale.
  private struct Panel {
    var top: Double
    var limit: Double

    var bottom: Double { top + panelHeight }

    func y(_ value: Double) -> Double {
      limit > 0 ? bottom - min(1, max(0, value / limit)) * panelHeight : bottom
    }
  }

  public init(_ setup: StormSetup, _ run: StormMeasurement) {
    self.setup = setup
    self.run = run
  }

  /// The picture.
  public var svg: String {
    var document = SVGDocument(width: Self.width, height: 790)
    document.text(setup.summary, 20, 26, .title)
    drawFinish(&document, top: 70)
    drawEgress(&document, top: 320)
    drawUploads(&document, top: 570)
    return document.text(title: setup.summary)
  }

  private func panel(
    _ document: inout SVGDocument, top: Double, title: String, limit: Double,
    label: (Double) -> String
  ) -> Panel {
    let panel = Panel(top: top, limit: Self.nice(limit))
    document.text(title, 20, top - 14, .title)
    for step in 0...4 {
      let value = panel.limit * Double(step) / 4
      let y = panel.y(value)
      document.line(Self.left, y, Self.right, y, step == 0 ? .axis : .grid)
      document.text(label(value), Self.left - 6, y + 4, .faint, anchor: .end)
    }
    return panel
  }

  /// The next of 1, 2, 3, 4, 6, 8 and 10 times a power of ten.
  static func nice(_ value: Double) -> Double {
    guard value > 0, value.isFinite else { return 1 }
    var power = 1.0
    while power > value { power /= 10 }
    while power * 10 < value { power *= 10 }
    return [1, 2, 3, 4, 6, 8, 10].map { $0 * power }.first { $0 >= value } ?? power * 10
  }

  private func bars(
    _ document: inout SVGDocument, _ panel: Panel, _ values: [(peer: Int, value: Double)],
    tip: (Double) -> String
  ) {
    let room = (Self.right - Self.left) / Double(max(1, run.peers.count))
    for (index, value) in values {
      let peer = run.peers[index]
      let y = panel.y(value)
      let x = Self.left + Double(index) * room
      document.bar(
        x + room * 0.15, y, width: room * 0.7, height: panel.bottom - y,
        peer.fate == .unharmed ? .peers : .harmed,
        tip: "\(peer.name) (\(peer.fate.rawValue)): \(tip(value))")
      if run.peers.count <= 32 {
        document.text(
          "\(index + 1)", x + room / 2, panel.bottom + 14, .faint, anchor: .middle)
      }
    }
  }

  private func drawFinish(_ document: inout SVGDocument, top: Double) {
    let times = run.peers.enumerated().compactMap { index, peer in
      peer.reader.map { (peer: index, value: peer.startSeconds + $0.seconds) }
    }
    let bound = StormFigures(setup, run).bound(setup.storedBytes)
    let panel = panel(
      &document, top: top, title: "Finished, in seconds from the first start, by peer",
      limit: max(bound, times.map(\.value).max() ?? 0)
    ) { Text.number($0) }
    bars(&document, panel, times) { Text.seconds($0) }
    document.line(Self.left, panel.y(bound), Self.right, panel.y(bound), .bound)
    document.text(
      "bound \(Text.seconds(bound))", Self.right, panel.y(bound) - 4, .label, anchor: .end)
  }

  /// Megabits per second between one sample and the next.
  static func rates(
    _ samples: [StormMeasurement.Sample], _ count: (StormMeasurement.Sample) -> Int
  ) -> [(seconds: Double, megabits: Double)] {
    zip(samples, samples.dropFirst()).compactMap { earlier, later in
      let seconds = later.seconds - earlier.seconds
      guard seconds > 0 else { return nil }
      let bits = Double(count(later) - count(earlier)) * 8
      return (later.seconds, max(0, bits / seconds / 1e6))
    }
  }

  private func drawEgress(_ document: inout SVGDocument, top: Double) {
    let mds = Self.rates(run.samples) { $0.mdsSentBytes }
    let peers = Self.rates(run.samples) { $0.peersSentBytes }
    let end = max(0.001, run.samples.last?.seconds ?? 0)
    let panel = panel(
      &document, top: top, title: "Sent, in megabits per second, over time",
      limit: (mds + peers).map(\.megabits).max() ?? 0
    ) { Text.number($0) }
    func points(_ rates: [(seconds: Double, megabits: Double)]) -> [(x: Double, y: Double)] {
      rates.map { rate in
        (Self.left + rate.seconds / end * (Self.right - Self.left), panel.y(rate.megabits))
      }
    }
    document.path(points(peers), .peersLine)
    document.path(points(mds), .mdsLine)
    document.bar(640, top - 24, width: 10, height: 10, .mds, tip: "metadata server")
    document.text("metadata server", 656, top - 15, .label)
    document.bar(770, top - 24, width: 10, height: 10, .peers, tip: "all peers together")
    document.text("all peers together", 786, top - 15, .label)
    for step in 0...4 {
      let seconds = end * Double(step) / 4
      document.text(
        "\(Text.fixed(seconds, digits: 1)) s",
        Self.left + (Self.right - Self.left) * Double(step) / 4, panel.bottom + 14, .faint,
        anchor: .middle)
    }
  }

  private func drawUploads(_ document: inout SVGDocument, top: Double) {
    let uploads = run.peers.enumerated().map { index, peer in
      (peer: index, value: Double(peer.interface.sentPayloadBytes))
    }
    let panel = panel(
      &document, top: top, title: "Sent by each peer, in MiB",
      limit: (uploads.map(\.value).max() ?? 0) / 1_048_576
    ) { Text.number($0) }
    bars(&document, panel, uploads.map { ($0.peer, $0.value / 1_048_576) }) {
      Text.bytes(Int($0 * 1_048_576))
    }
  }
}
