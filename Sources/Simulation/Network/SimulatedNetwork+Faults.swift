// Connections that break, nodes that stop, paths that are cut.

extension SimulatedNetwork {
  /// Whether both ways between a connection's ends are open: TCP needs its acknowledgements.
  func hasPath(_ index: Int) -> Bool {
    let connection = connections[index]
    return isReachable(connection.source, connection.destination)
      && isReachable(connection.destination, connection.source)
  }

  /// There is something to send and no path: the connection has its time to find one again.
  mutating func stall(_ index: Int, _ queue: inout EventQueue) {
    guard !connections[index].isStalled else { return }
    connections[index].isStalled = true
    connections[index].stalledSince = queue.nowNanoseconds
    queue.schedule(
      SimulatedEvent(
        kind: .stalled, a: Int32(index), generation: connections[index].generation),
      at: queue.nowNanoseconds + stallNanoseconds)
  }

  /// Whether a connection has had no path for as long as it may.
  func isStalledTooLong(_ index: Int, nowNanoseconds: Int64) -> Bool {
    connections[index].isStalled
      && connections[index].stalledSince + stallNanoseconds <= nowNanoseconds
  }

  /// Connections that have a path again go on.
  mutating func resumeStalled(_ queue: inout EventQueue) {
    for index in connections.indices where connections[index].isStalled && hasPath(index) {
      connections[index].isStalled = false
      if connections[index].state == .opening {
        queue.schedule(
          SimulatedEvent(
            kind: .established, a: Int32(index), generation: connections[index].generation),
          at: queue.nowNanoseconds)
      }
      offerAll(index, &queue)
    }
  }

  private mutating func offerAll(_ index: Int, _ queue: inout EventQueue) {
    let first = connections[index].firstFlow
    for flow in first..<first + connections[index].flowCount { offer(flow, &queue) }
  }

  // MARK: - Breaking

  /// Breaks everything between two nodes.
  /// - Returns: whether there was anything.
  mutating func breakPair(_ one: Int32, _ other: Int32) -> Bool {
    var any = false
    for channel in 0..<UInt8(PairTable.channelCount) {
      for (source, destination) in [(one, other), (other, one)] {
        guard let index = pairs.find(source, destination, channel) else { continue }
        if breakConnection(Int(index)) { any = true }
      }
    }
    return any
  }

  /// Breaks everything that a node has.
  /// - Returns: the nodes that had connections with it, in order.
  mutating func breakAll(_ node: Int32) -> [Int32] {
    var peers: Set<Int32> = []
    for index in connections.indices {
      let connection = connections[index]
      guard connection.source == node || connection.destination == node else { continue }
      if breakConnection(index) {
        peers.insert(connection.source == node ? connection.destination : connection.source)
      }
    }
    return peers.sorted()
  }

  private mutating func breakConnection(_ index: Int) -> Bool {
    guard connections[index].state != .closed else { return false }
    connections[index].state = .closed
    connections[index].isStalled = false
    connections[index].generation &+= 1
    connections[index].enqueued = 0
    connections[index].consumed = 0
    connections[index].sendLimit = .max
    var slot = connections[index].head
    while slot >= 0 {
      lost.append(slot)
      slot = envelopes[Int(slot)].next
    }
    connections[index].head = -1
    connections[index].tail = -1
    while connections[index].noticeHead >= 0 {
      connections[index].noticeHead = notices.take(connections[index].noticeHead)?.next ?? -1
    }
    connections[index].noticeTail = -1
    // Flows in a link's row stay there, and have nothing when their turn comes.
    let first = Int(connections[index].firstFlow)
    for flow in first..<first + Int(connections[index].flowCount) { flows[flow].forwarded = 0 }
    return true
  }

  // MARK: - Stopping

  /// A process stops: its kernel sends what it was given, and takes what a window holds.
  mutating func stop(_ node: Int32) {
    isStopped[Int(node)] = true
    for index in connections.indices
    where connections[index].source == node && connections[index].state != .closed {
      limitToKernel(index)
    }
  }

  /// Bounds what a connection still sends to what its kernel may have been given.
  mutating func limitToKernel(_ index: Int) {
    connections[index].sendLimit =
      flows[Int(connections[index].firstFlow)].forwarded + settings.windowBytes
  }

  /// A stopped process goes on.
  mutating func resume(_ node: Int32, _ queue: inout EventQueue) {
    isStopped[Int(node)] = false
    for index in connections.indices {
      if connections[index].source == node {
        connections[index].sendLimit = .max
      } else if connections[index].destination == node {
        connections[index].consumed = flows[Int(connections[index].lastFlow)].forwarded
      } else {
        continue
      }
      offer(connections[index].firstFlow, &queue)
    }
  }
}
