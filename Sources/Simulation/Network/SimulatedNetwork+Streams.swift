// Reliable messages: from the sender's queue over the links to the receiver.

extension SimulatedNetwork {
  /// Puts a message into the connection's stream, and opens the connection if need be.
  /// - Returns: the envelope's number.
  mutating func send(
    bytes: Int, from source: Int32, to destination: Int32, channel: UInt8, token: UInt64?,
    _ queue: inout EventQueue
  ) -> Int32 {
    precondition(bytes >= 0 && bytes <= 1 << 40, "a message of \(bytes) bytes")
    traffic[Int(source)].sentMessageCount += 1
    traffic[Int(source)].sentMessageBytes += bytes
    if source == destination {
      return sendToItself(bytes: bytes, source, token: token, &queue)
    }
    let index = connection(source, destination, channel)
    if connections[index].state == .closed { open(index, &queue) }
    connections[index].enqueued += wireBytes(bytes)
    let end = connections[index].enqueued
    let slot = allocate(
      Envelope(
        source: source, destination: destination, connection: Int32(index),
        generation: connections[index].generation, messageBytes: bytes, end: end))
    if connections[index].tail >= 0 {
      envelopes[Int(connections[index].tail)].next = slot
    } else {
      connections[index].head = slot
    }
    connections[index].tail = slot
    if let token { addNotice(index, end: end, token: token) }
    offer(connections[index].firstFlow, &queue)
    return slot
  }

  private mutating func sendToItself(
    bytes: Int, _ node: Int32, token: UInt64?, _ queue: inout EventQueue
  ) -> Int32 {
    let slot = allocate(
      Envelope(
        source: node, destination: node, connection: -1, generation: 0, messageBytes: bytes,
        end: 0))
    if let token {
      let notice = SentNotice(connection: -1 - node, generation: 0, end: 0, token: token)
      queue.schedule(
        SimulatedEvent(kind: .sent, a: notices.insert(notice)), at: queue.nowNanoseconds)
    }
    queue.schedule(
      SimulatedEvent(kind: .delivery, a: slot),
      at: queue.nowNanoseconds + latencyNanoseconds.sameNode)
    return slot
  }

  private mutating func addNotice(_ index: Int, end: Int, token: UInt64) {
    let notice = notices.insert(
      SentNotice(
        connection: Int32(index), generation: connections[index].generation, end: end,
        token: token))
    if connections[index].noticeTail >= 0 {
      notices.update(connections[index].noticeTail) { $0.next = notice }
    } else {
      connections[index].noticeHead = notice
    }
    connections[index].noticeTail = notice
  }

  /// The connection's index; it is made if there never was one.
  private mutating func connection(
    _ source: Int32, _ destination: Int32, _ channel: UInt8
  ) -> Int {
    if let index = pairs.find(source, destination, channel) { return Int(index) }
    precondition(Int(channel) < PairTable.channelCount, "channel \(channel)")
    let index = Int32(connections.count)
    let tier = topology.tier(Int(source), Int(destination))
    let path = path(from: Int(source), to: Int(destination), tier)
    connections.append(
      SimulatedConnection(
        source: source, destination: destination, channel: channel, tier: tier,
        firstFlow: Int32(flows.count), flowCount: Int32(path.count)))
    for link in path { flows.append(SimulatedFlow(connection: index, link: link)) }
    pairs.insert(source, destination, channel, index)
    return Int(index)
  }

  /// Begins to connect; nothing to wait for if the other way is open.
  private mutating func open(_ index: Int, _ queue: inout EventQueue) {
    let connection = connections[index]
    if let back = pairs.find(connection.destination, connection.source, connection.channel),
      connections[Int(back)].state == .open
    {
      connections[index].state = .open
    } else {
      connections[index].state = .opening
      let roundTrip = 2 * latencyNanoseconds[connection.tier]
      queue.schedule(
        SimulatedEvent(
          kind: .established, a: Int32(index), generation: connection.generation),
        at: queue.nowNanoseconds + Int64(settings.connectRoundTrips) * roundTrip)
    }
    if isStopped[Int(connection.source)] { limitToKernel(index) }
  }

  /// The handshake is over.
  /// - Returns: false if there is nobody to connect to.
  mutating func establish(_ index: Int, _ queue: inout EventQueue) -> Bool {
    let connection = connections[index]
    guard connection.state == .opening, !connection.isStalled else { return true }
    guard hasPath(index) else {
      stall(index, &queue)
      return true
    }
    guard !isDown[Int(connection.destination)] else { return false }
    connections[index].state = .open
    offer(connection.firstFlow, &queue)
    return true
  }

  // MARK: - Links

  /// The bytes that wait for a flow's link.
  @inline(__always)
  private func available(_ flow: SimulatedFlow, _ index: Int32) -> Int {
    let connection = connections[Int(flow.connection)]
    guard !connection.isStalled else { return 0 }
    guard index == connection.firstFlow else {
      return flows[Int(index) - 1].forwarded - flow.forwarded
    }
    guard connection.state == .open else { return 0 }
    let window = min(connection.enqueued, connection.consumed + settings.windowBytes)
    return min(window, connection.sendLimit) - flow.forwarded
  }

  /// A flow may have got something to send: it goes to the end of its link's row. Links without
  /// limit are crossed at once.
  mutating func offer(_ start: Int32, _ queue: inout EventQueue) {
    var index = start
    while true {
      let flow = flows[Int(index)]
      guard !flow.isScheduled else { return }
      let bytes = available(flow, index)
      guard bytes > 0 else { return }
      let link = Int(flow.link)
      guard links[link].bytesPerSecond == 0 else {
        append(index, to: link)
        if links[link].current < 0 { begin(link, &queue) }
        return
      }
      guard cuts.isEmpty || hasPath(Int(flow.connection)) else {
        stall(Int(flow.connection), &queue)
        return
      }
      links[link].streamBytes += bytes
      flows[Int(index)].forwarded += bytes
      index = passed(index, &queue)
    }
  }

  /// The piece that a link was sending is through.
  mutating func forward(_ link: Int, _ queue: inout EventQueue) {
    let index = links[link].current
    let connection = Int(flows[Int(index)].connection)
    links[link].current = -1
    links[link].streamBytes += links[link].currentBytes
    flows[Int(index)].isScheduled = false
    let isWhole = connections[connection].generation == links[link].currentGeneration
    if isWhole { flows[Int(index)].forwarded += links[link].currentBytes }
    // Itself to the end of the row first, then whoever is next.
    offer(index, &queue)
    if links[link].current < 0 { begin(link, &queue) }
    if isWhole { offer(passed(index, &queue), &queue) }
  }

  /// A flow has forwarded something: what its connection makes of that.
  /// - Returns: the flow that may go on because of it.
  @inline(__always)
  private mutating func passed(_ index: Int32, _ queue: inout EventQueue) -> Int32 {
    let connection = Int(flows[Int(index)].connection)
    if index == connections[connection].firstFlow, connections[connection].noticeHead >= 0 {
      notify(connection, &queue)
    }
    guard index == connections[connection].lastFlow else { return index + 1 }
    drain(connection, &queue)
    return connections[connection].firstFlow
  }

  private mutating func append(_ flow: Int32, to link: Int) {
    flows[Int(flow)].isScheduled = true
    flows[Int(flow)].next = -1
    if links[link].tail >= 0 {
      flows[Int(links[link].tail)].next = flow
    } else {
      links[link].head = flow
    }
    links[link].tail = flow
  }

  /// Begins to send the piece of the next flow that has one.
  private mutating func begin(_ link: Int, _ queue: inout EventQueue) {
    while links[link].head >= 0 {
      let index = links[link].head
      let flow = flows[Int(index)]
      links[link].head = flow.next
      if flow.next < 0 { links[link].tail = -1 }
      let bytes = min(settings.pieceBytes, available(flow, index))
      if bytes > 0, cuts.isEmpty || hasPath(Int(flow.connection)) {
        let now = queue.nowNanoseconds
        links[link].current = index
        links[link].currentBytes = bytes
        links[link].currentGeneration = connections[Int(flow.connection)].generation
        links[link].busyUntil =
          max(now, links[link].reservedUntil)
          + transferNanoseconds(bytes, bytesPerSecond: links[link].bytesPerSecond)
        queue.schedule(
          SimulatedEvent(kind: .forwarded, a: Int32(link)), at: links[link].busyUntil)
        return
      }
      flows[Int(index)].isScheduled = false
      if bytes > 0 { stall(Int(flow.connection), &queue) }
    }
  }

  // MARK: - Ends

  /// Bytes have come through the receiver's link: messages that are whole arrive.
  private mutating func drain(_ index: Int, _ queue: inout EventQueue) {
    let through = flows[Int(connections[index].lastFlow)].forwarded
    if !isStopped[Int(connections[index].destination)] { connections[index].consumed = through }
    while connections[index].head >= 0 {
      let slot = connections[index].head
      let envelope = envelopes[Int(slot)]
      guard envelope.end <= through else { return }
      connections[index].head = envelope.next
      if envelope.next < 0 { connections[index].tail = -1 }
      let arrival = queue.nowNanoseconds + latency(connections[index].tier)
      connections[index].lastArrival = max(connections[index].lastArrival, arrival)
      queue.schedule(
        SimulatedEvent(kind: .delivery, a: slot), at: connections[index].lastArrival)
    }
  }

  /// Bytes have left the sender's link: whoever waits for that is told.
  private mutating func notify(_ index: Int, _ queue: inout EventQueue) {
    let through = flows[Int(connections[index].firstFlow)].forwarded
    while connections[index].noticeHead >= 0 {
      let place = connections[index].noticeHead
      guard let notice = notices[place], notice.end <= through else { return }
      connections[index].noticeHead = notice.next
      if notice.next < 0 { connections[index].noticeTail = -1 }
      queue.schedule(SimulatedEvent(kind: .sent, a: place), at: queue.nowNanoseconds)
    }
  }

  /// A reliable message is here.
  /// - Returns: nil if its connection broke while it was on the way.
  mutating func arrive(_ slot: Int32) -> Envelope? {
    let envelope = envelopes[Int(slot)]
    let index = Int(envelope.connection)
    if index >= 0 {
      guard connections[index].generation == envelope.generation else { return nil }
      connections[index].deliveredBytes += envelope.messageBytes
      connections[index].deliveredCount += 1
    }
    traffic[Int(envelope.destination)].receivedMessageCount += 1
    traffic[Int(envelope.destination)].receivedMessageBytes += envelope.messageBytes
    return envelope
  }
}
