extension Cluster {
  mutating func apply(_ fault: Fault) {
    switch fault {
    case .kill(let node): kill(node, tellPeers: true)
    case .powerOff(let node): powerOff(node)
    case .start(let node): start(node)
    case .stop(let node):
      guard places[node].status == .running else { return }
      places[node].status = .stopped
      network.stop(Int32(node))
    case .resume(let node): resume(node)
    case .cut(let from, let to, let bothWays):
      network.cuts.append(cut(from, to))
      if bothWays { network.cuts.append(cut(to, from)) }
    case .heal:
      network.cuts.removeAll { $0.cause == .partition }
      network.resumeStalled(&queue)
    case .rate(let place, let bytesPerSecond):
      precondition(bytesPerSecond > 0, "\(place) with \(bytesPerSecond) bytes a second")
      network.links[network.index(of: place)].bytesPerSecond = bytesPerSecond
    case .loss(let place, let probability):
      network.links[network.index(of: place)].lossProbability = probability
    case .jumpClock(let node, let duration):
      places[node].wallOffsetNanoseconds &+= duration.wholeNanoseconds
    case .disk(let node, let speed):
      places[node].disk.speed = speed
    }
  }

  private func cut(_ from: [Int], _ to: [Int]) -> Cut {
    var cut = Cut(
      cause: .partition, from: Array(repeating: false, count: nodes.count),
      to: Array(repeating: false, count: nodes.count))
    for node in from { cut.from[node] = true }
    for node in to { cut.to[node] = true }
    return cut
  }

  // MARK: - Processes

  private mutating func start(_ node: Int) {
    guard places[node].status == .down else { return }
    network.cuts.removeAll { $0.cause == .power(Int32(node)) }
    // Connections that outlived a loss of power do not outlive the next start.
    if places[node].incarnation > 0 {
      breakAll(node)
      nodes[node] = make(node, nodes[node])
    }
    places[node].status = .running
    places[node].incarnation += 1
    network.isDown[node] = false
    network.resumeStalled(&queue)
    queue.schedule(
      SimulatedEvent(kind: .start, a: Int32(node), generation: places[node].incarnation),
      at: queue.nowNanoseconds)
  }

  private mutating func kill(_ node: Int, tellPeers: Bool) {
    guard places[node].status != .down else { return }
    places[node].status = .down
    let held = places[node].held
    places[node].held = []
    places[node].heldDatagramCount = 0
    network.isDown[node] = true
    network.isStopped[node] = false
    if tellPeers { breakAll(node) }
    // What a stopped process had waiting goes the way of everything sent to a dead one.
    for event in held { queue.schedule(event, at: queue.nowNanoseconds) }
  }

  /// Breaks every connection of a node; its peers learn of it one latency later.
  private mutating func breakAll(_ node: Int) {
    for peer in network.breakAll(Int32(node)) {
      let tier = network.topology.tier(node, Int(peer))
      scheduleDisconnected(Int(peer), from: node, after: network.latencyNanoseconds[tier])
    }
    forgetLost()
  }

  private mutating func powerOff(_ node: Int) {
    guard places[node].status != .down else { return }
    kill(node, tellPeers: false)
    var others = Array(repeating: true, count: nodes.count)
    others[node] = false
    let itself = others.map { !$0 }
    let cause = Cut.Cause.power(Int32(node))
    network.cuts.append(Cut(cause: cause, from: itself, to: others))
    network.cuts.append(Cut(cause: cause, from: others, to: itself))
  }

  private mutating func resume(_ node: Int) {
    guard places[node].status == .stopped else { return }
    places[node].status = .running
    let held = places[node].held
    places[node].held = []
    places[node].heldDatagramCount = 0
    for event in held { queue.schedule(event, at: queue.nowNanoseconds) }
    network.resume(Int32(node), &queue)
  }

  // MARK: - Connections

  /// A handshake is over, or has met nobody.
  mutating func establish(_ event: SimulatedEvent) {
    let index = Int(event.a)
    let connection = network.connections[index]
    guard connection.generation == event.generation else { return }
    trace.record(
      .established, at: queue.nowNanoseconds, Int64(connection.source),
      Int64(connection.destination))
    guard !network.establish(index, &queue) else { return }
    _ = network.breakPair(connection.source, connection.destination)
    forgetLost()
    scheduleDisconnected(
      Int(connection.source), from: Int(connection.destination), after: 0)
  }

  /// A connection that has had no path for too long breaks, at both ends.
  mutating func giveUp(_ event: SimulatedEvent) {
    let index = Int(event.a)
    let connection = network.connections[index]
    guard connection.generation == event.generation,
      network.isStalledTooLong(index, nowNanoseconds: queue.nowNanoseconds)
    else { return }
    trace.record(
      .stalled, at: queue.nowNanoseconds, Int64(connection.source),
      Int64(connection.destination))
    _ = network.breakPair(connection.source, connection.destination)
    forgetLost()
    scheduleDisconnected(
      Int(connection.source), from: Int(connection.destination), after: 0)
    scheduleDisconnected(
      Int(connection.destination), from: Int(connection.source), after: 0)
  }

  mutating func scheduleDisconnected(_ node: Int, from peer: Int, after nanoseconds: Int64) {
    guard places[node].status != .down else { return }
    queue.schedule(
      SimulatedEvent(
        kind: .disconnected, a: Int32(node), b: Int32(peer),
        generation: places[node].incarnation),
      at: queue.nowNanoseconds + nanoseconds)
  }

  /// Drops the messages of connections that broke.
  mutating func forgetLost() {
    while let slot = network.lost.popLast() { forget(slot) }
  }
}
