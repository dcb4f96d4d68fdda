extension Cluster {
  /// Calls a node, and carries out what it wants done.
  @inline(__always)
  mutating func call(_ node: Int, _ body: (inout Node, inout Node.Context) -> Void) {
    context.node = node
    context.nowNanoseconds = queue.nowNanoseconds
    context.random = places[node].random
    context.wallOffsetNanoseconds = places[node].wallOffsetNanoseconds
    body(&nodes[node], &context)
    places[node].random = context.random
    if !context.effects.isEmpty { carryOutEffects(of: node) }
  }

  /// Carries out the effects of a call in their order. None of them calls a node at once.
  private mutating func carryOutEffects(of node: Int) {
    var effects: ContiguousArray<Node.Context.Effect> = []
    swap(&effects, &context.effects)
    for effect in effects {
      switch effect {
      case .send(let message, let peer, let channel, let token):
        precondition(places.indices.contains(peer), "node \(node) sends to \(peer)")
        let slot = network.send(
          bytes: message.wireBytes, from: Int32(node), to: Int32(peer), channel: channel,
          token: token, &queue)
        keep(message, slot)
      case .datagram(let message, let peer):
        precondition(places.indices.contains(peer), "node \(node) sends to \(peer)")
        if let slot = network.sendDatagram(
          bytes: message.wireBytes, from: Int32(node), to: Int32(peer), &queue)
        {
          keep(message, slot)
        }
      case .timer(let timer, let nanoseconds):
        let pending = PendingTimer(
          node: Int32(node), incarnation: places[node].incarnation, timer: timer)
        queue.schedule(
          SimulatedEvent(kind: .timer, a: timers.insert(pending)), at: nanoseconds)
      case .disk(let operation, let bytes, let token):
        submit(node, operation, bytes: bytes, token: token)
      case .freeDisk(let bytes):
        places[node].disk.free(bytes: bytes)
      case .disconnect(let peer):
        disconnect(node, from: peer)
      case .note(let code, let value):
        trace.record(
          "note", code: 255, at: queue.nowNanoseconds, Int64(node), Int64(code), value, 0)
      }
    }
    effects.removeAll(keepingCapacity: true)
    swap(&effects, &context.effects)
  }

  private mutating func keep(_ message: Node.Message, _ slot: Int32) {
    if Int(slot) == messages.count {
      messages.append(message)
    } else {
      messages[Int(slot)] = message
    }
  }

  private mutating func submit(
    _ node: Int, _ operation: DiskOperation, bytes: Int, token: UInt64
  ) {
    let (moment, succeeded) = places[node].disk.submit(
      operation, bytes: bytes, nowNanoseconds: queue.nowNanoseconds)
    let pending = PendingDisk(
      node: Int32(node), incarnation: places[node].incarnation,
      completion: DiskCompletion(operation: operation, token: token, succeeded: succeeded))
    queue.schedule(
      SimulatedEvent(kind: .disk, a: diskOperations.insert(pending)), at: moment)
  }

  private mutating func disconnect(_ node: Int, from peer: Int) {
    guard network.breakPair(Int32(node), Int32(peer)) else { return }
    forgetLost()
    let tier = network.topology.tier(node, peer)
    scheduleDisconnected(peer, from: node, after: network.latencyNanoseconds[tier])
  }
}
