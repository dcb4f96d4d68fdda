import Bench
import Lab
import NIOCore
import Synchronization

/// Looks after a storm while it reads: samples, faults at their time, readers that are stuck.
final class StormWatch: Sendable {
  private struct State {
    var samples: [StormMeasurement.Sample] = []
    var pendingFaults: [(fault: PeerFault, kills: Bool)] = []
    var lastBytes = -1
    var lastAdvance = NIODeadline.now()
  }

  private let run: StormRun
  private let before: StormNetwork.Counters
  private let start: NIODeadline
  private let state: Mutex<State>

  /// - Parameters:
  ///   - before: counts that samples begin from.
  ///   - start: the time that samples are counted from.
  ///   - strikes: peers are killed and stopped at their time.
  init(run: StormRun, before: StormNetwork.Counters, start: NIODeadline, strikes: Bool) {
    self.run = run
    self.before = before
    self.start = start
    var faults: [(PeerFault, Bool)] = []
    if strikes {
      faults = run.options.kill.map { ($0, true) } + run.options.stop.map { ($0, false) }
    }
    state = Mutex(State(pendingFaults: faults))
  }

  var samples: [StormMeasurement.Sample] { state.withLock { $0.samples } }

  /// Returns when all have finished.
  /// - Parameter withStopped: those behind peers that were stopped too.
  /// - Throws: `LabError` when a reader ends early, or nothing arrives anywhere for too long.
  func untilFinished(_ peers: [StormPeer], withStopped: Bool = false) async throws {
    var tick = 0
    while true {
      let progress = peers.map(\.progress)
      for (peer, progress) in zip(peers, progress) where !progress.isFinished {
        try peer.checkReader()
      }
      let byteCount = progress.reduce(0) { $0 + $1.byteCount }
      let isFinished = zip(peers, progress).allSatisfy { peer, progress in
        progress.isFinished || (!withStopped && !isWaitedFor(peer))
      }
      if tick % 2 == 0 || isFinished { try await sample(byteCount) }
      if isFinished { return }
      try checkAdvance(byteCount, peers, progress)
      await strike(byteCount, peers)
      show(byteCount, peers, progress)
      tick += 1
      try await Task.sleep(for: .milliseconds(100))
    }
  }

  /// A stopped peer holds its reader until it goes on.
  private func isWaitedFor(_ peer: StormPeer) -> Bool {
    guard peer.fate == .stopped else { return true }
    return state.withLock { $0.pendingFaults.contains { $0.fault.peer == peer.number } }
  }

  private func sample(_ byteCount: Int) async throws {
    let counters = try await run.cables.counters()
    let now = NIODeadline.now()
    let mds = counters.node("mds", rack: 1).sentBytes - before.node("mds", rack: 1).sentBytes
    let peers = run.peers.reduce(0) { sum, peer in
      sum + counters.node(peer.name, rack: peer.rack).sentBytes
        - before.node(peer.name, rack: peer.rack).sentBytes
    }
    state.withLock { state in
      state.samples.append(
        StormMeasurement.Sample(
          seconds: max(0, Double((now - start).nanoseconds) / 1e9), mdsSentBytes: mds,
          peersSentBytes: peers, readBytes: byteCount))
    }
  }

  private func checkAdvance(
    _ byteCount: Int, _ peers: [StormPeer], _ progress: [ReaderProgress]
  ) throws {
    let now = NIODeadline.now()
    let isStuck = state.withLock { state in
      if byteCount != state.lastBytes {
        state.lastBytes = byteCount
        state.lastAdvance = now
      }
      return now - state.lastAdvance > .seconds(Int64(run.options.patience))
    }
    guard isStuck else { return }
    let waiting = zip(peers, progress).filter { !$1.isFinished }.map { peer, progress in
      "\(peer.name): \(Text.bytes(progress.byteCount)), \(progress.fileCount) files"
    }
    throw LabError(
      "nothing has arrived anywhere for \(run.options.patience) s; not finished: "
        + waiting.joined(separator: "; "),
      logTail: peers.first { !$0.progress.isFinished }?.reader?.logTail ?? "")
  }

  /// Kills and stops peers whose time has come.
  private func strike(_ byteCount: Int, _ peers: [StormPeer]) async {
    let all = Double(run.setup.plainBytes) * Double(peers.count)
    let due = state.withLock { state in
      let due = state.pendingFaults.filter { Double(byteCount) >= $0.fault.fraction * all }
      state.pendingFaults.removeAll { Double(byteCount) >= $0.fault.fraction * all }
      return due
    }
    for (fault, kills) in due {
      guard let peer = peers.first(where: { $0.number == fault.peer }), let daemon = peer.daemon
      else { continue }
      await peer.noteEnd()
      run.progress.note("\(kills ? "Killing" : "Stopping") \(peer.name)")
      if kills { await daemon.kill() } else { daemon.stop() }
    }
  }

  private func show(_ byteCount: Int, _ peers: [StormPeer], _ progress: [ReaderProgress]) {
    let latest = state.withLock { $0.samples.last }
    let seconds = Double((NIODeadline.now() - start).nanoseconds) / 1e9
    let all = run.setup.plainBytes * peers.count
    run.progress.show(
      "\(Text.fixed(max(0, seconds), digits: 1)) s   read \(Text.bytes(byteCount)) of"
        + " \(Text.bytes(all))   MDS sent \(Text.bytes(latest?.mdsSentBytes ?? 0))"
        + "   peers sent \(Text.bytes(latest?.peersSentBytes ?? 0))"
        + "   finished \(progress.count { $0.isFinished })")
  }
}
