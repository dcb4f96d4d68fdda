/// What the counts of a storm come to.
public struct StormFigures: Sendable {
  private let setup: StormSetup
  private let measurement: StormMeasurement

  public init(_ setup: StormSetup, _ measurement: StormMeasurement) {
    self.setup = setup
    self.measurement = measurement
  }

  /// Peers to which nothing was done: what is said of all is said of them.
  private var peers: [StormMeasurement.Peer] {
    measurement.peers.filter { $0.fate == .unharmed }
  }

  private var stored: Double { Double(setup.storedBytes) }

  private func ratio(_ value: Double, to divisor: Double) -> Double? {
    divisor > 0 ? value / divisor : nil
  }

  // MARK: Times

  /// From the first start to the last end; nil if a reader has not finished.
  public var makespan: Double? {
    var ends: [Double] = []
    for peer in peers {
      guard let reader = peer.reader else { return nil }
      ends.append(peer.startSeconds + reader.seconds)
    }
    return ends.max()
  }

  /// No storm can end before the last reader began and everything crossed the narrowest link once.
  /// - Parameter bytes: of everything, as it crosses links.
  func bound(_ bytes: Int) -> Double {
    (peers.map(\.startSeconds).max() ?? 0) + Double(bytes) / setup.narrowestBytesPerSecond
  }

  /// Seconds of each reader from its own start, in order.
  private var durations: [Double] { peers.compactMap(\.reader?.seconds).sorted() }

  /// By nearest rank.
  static func percentile(_ sorted: [Double], _ share: Double) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let rank = Int((share * Double(sorted.count)).rounded(.up))
    return sorted[min(max(rank, 1), sorted.count) - 1]
  }

  // MARK: Bytes

  /// The sum of a daemon's counter over peers; nil unless all of them count it.
  private func sum(_ counter: String) -> Double? {
    var total = 0
    for peer in peers {
      guard let value = peer.counters[counter] else { return nil }
      total += value
    }
    return peers.isEmpty ? nil : Double(total)
  }

  /// What peers received more than once, by their own counts: the largest share of a peer.
  private var duplicateShare: Double? {
    var largest = 0.0
    for peer in peers {
      guard let value = peer.counters["duplicate_block_bytes"] else { return nil }
      largest = max(largest, Double(value) / max(1, stored))
    }
    return peers.isEmpty ? nil : largest
  }

  /// What arrived at the peers' links beyond everything once, headers aside: the mean share of a
  /// peer. Names, opens, grants, gossip, and what their readers fetched from the metadata server
  /// are in it.
  private var excessShare: Double? {
    let excess = peers.map { Double($0.interface.receivedPayloadBytes) - stored }
    return ratio(excess.reduce(0, +), to: stored * Double(peers.count))
  }

  private var uploads: [Double] { peers.map { Double($0.interface.sentPayloadBytes) } }

  private var mdsDaemonBytes: Double? {
    guard let blocks = measurement.mds.counters["blocks_stored_bytes"],
      let reads = measurement.mds.counters["read_bytes"]
    else { return nil }
    return Double(blocks + reads)
  }

  /// CPU seconds of all programs over those there were.
  private var processorShare: Double? {
    let peers = measurement.peers.map { $0.cpuSeconds + ($0.reader?.cpuSeconds ?? 0) }
    let used = peers.reduce(measurement.mds.cpuSeconds, +)
    let end = measurement.peers.compactMap { peer in
      peer.reader.map { peer.startSeconds + $0.seconds }
    }.max()
    return end.flatMap { ratio(used, to: $0 * Double(measurement.coreCount)) }
  }

  private var latency: LatencyHistogram {
    var all = LatencyHistogram()
    for peer in peers {
      if let reader = peer.reader { all.add(reader.latency) }
    }
    return all
  }

  // MARK: All of them

  /// Every figure, in the order in which people are shown them.
  public var all: [Figure] {
    timeFigures + byteFigures + latencyFigures + faultFigures + [
      Figure("cpu_share", "processor time used / there was", processorShare, .share)
    ]
  }

  private var timeFigures: [Figure] {
    let isRandom = setup.files == "random"
    let isLibrary = setup.files == "library"
    let bound = bound(setup.storedBytes)
    let plainBound = self.bound(setup.plainBytes)
    let (p50, p99) = (Self.percentile(durations, 0.5), Self.percentile(durations, 0.99))
    return [
      Figure("makespan_seconds", "makespan", makespan, .seconds),
      Figure("bound_seconds", "bound: stored bytes over the narrowest link", bound, .seconds),
      Figure(
        "makespan_to_bound", "makespan / bound", makespan.flatMap { ratio($0, to: bound) }, .ratio,
        must: isRandom ? 1.25 : nil, aim: isRandom ? 1.08 : nil),
      Figure(
        "makespan_to_plain_bound", "makespan / uncompressed bound",
        makespan.flatMap { ratio($0, to: plainBound) }, .ratio, must: isLibrary ? 0.65 : nil,
        aim: isLibrary ? 0.5 : nil),
      Figure("finish_p50_seconds", "time of a reader, p50", p50, .seconds),
      Figure("finish_p99_seconds", "time of a reader, p99", p99, .seconds),
      Figure(
        "finish_p99_to_p50", "time of a reader, p99 / p50",
        p50.flatMap { p50 in p99.flatMap { ratio($0, to: p50) } }, .ratio, must: 1.2, aim: 1.05),
    ]
  }

  private var byteFigures: [Figure] {
    let egress = Double(measurement.mds.interface.sentBytes)
    let isLate = measurement.lateMDSSentBytes != nil
    let mean = ratio(uploads.reduce(0, +), to: Double(uploads.count))
    let readers = peers.compactMap(\.reader?.counters)
    let fromServers = readers.reduce(0) { $0 + $1.dataServerBytes }
    let fromMDS = readers.reduce(0) { $0 + $1.metadataServerBytes }
    var figures = [
      Figure(
        "mds_egress_ratio", "MDS egress at its link / stored bytes", ratio(egress, to: stored),
        .ratio, must: 1.1, aim: 1.02),
      Figure(
        "mds_daemon_ratio", "MDS egress by its own count / stored bytes",
        mdsDaemonBytes.flatMap { ratio($0, to: stored) }, .ratio),
      Figure(
        "duplicate_share", "duplicates received by a peer, at most", duplicateShare, .share,
        must: 0.02, aim: 0.002),
      Figure(
        "received_block_ratio", "blocks received by a peer / stored bytes, mean",
        sum("received_block_bytes").flatMap {
          ratio($0, to: stored * Double(peers.count))
        }, .ratio),
      Figure("excess_share", "received by a peer beyond stored bytes, mean", excessShare, .share),
      Figure(
        "upload_max_to_mean", "upload of a peer, max / mean",
        mean.flatMap { ratio(uploads.max() ?? 0, to: $0) }, .ratio),
      Figure("upload_mean_bytes", "upload of a peer, mean", mean, .bytes),
      Figure("sent_block_bytes", "blocks sent by peers", sum("sent_block_bytes"), .bytes),
      Figure(
        "data_server_share", "read from peers rather than the MDS",
        ratio(Double(fromServers), to: Double(fromServers + fromMDS)), .share),
    ]
    if setup.rackCount > 1 {
      figures.append(
        Figure(
          "rack_link_ratio", "over a link between racks, both ways / stored bytes",
          measurement.rackLinkBytes.max().flatMap { ratio(Double($0), to: stored) }, .ratio,
          must: 1.15, aim: 1.02))
    }
    if isLate {
      figures.append(
        Figure(
          "late_mds_share", "late joiner: sent by the MDS meanwhile / stored bytes",
          measurement.lateMDSSentBytes.flatMap { ratio(Double($0), to: stored) }, .share,
          must: 0.02, aim: 0.005))
    }
    return figures
  }

  private var latencyFigures: [Figure] {
    let latency = latency
    let hasFault = measurement.peers.contains { $0.fate == .killed || $0.fate == .stopped }
    func seconds(_ duration: Duration) -> Double? {
      latency.count > 0 ? duration / .seconds(1) : nil
    }
    return [
      Figure("read_p50_seconds", "a READ, p50", seconds(latency.percentile(0.5)), .seconds),
      Figure("read_p99_seconds", "a READ, p99", seconds(latency.percentile(0.99)), .seconds),
      Figure(
        "read_longest_seconds", "longest stall of any READ", seconds(latency.longest), .seconds,
        must: hasFault ? 1 : nil, aim: hasFault ? 0.25 : nil),
      Figure(
        "silence_longest_seconds", "longest silence of a reader",
        peers.compactMap(\.reader?.longestSilenceSeconds).max(), .seconds),
    ]
  }

  private var faultFigures: [Figure] {
    measurement.peers.filter { $0.fate != .unharmed }.map { peer in
      Figure(
        "\(peer.name)_\(peer.fate.rawValue)_seconds", "\(peer.name), \(peer.fate.rawValue)",
        peer.reader?.seconds, .seconds)
    }
  }
}
