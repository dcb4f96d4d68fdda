// Datagrams: one event each, whatever the number of links.

extension SimulatedNetwork {
  /// Sends a datagram. At each link it goes before the pieces that have not begun, as a queueing
  /// discipline that is fair to small flows would have it, and takes its time from theirs.
  /// - Returns: the envelope's number; nil if it is lost.
  mutating func sendDatagram(
    bytes: Int, from source: Int32, to destination: Int32, _ queue: inout EventQueue
  ) -> Int32? {
    let wireBytes = max(0, bytes) + settings.datagramHeaderBytes
    traffic[Int(source)].sentDatagramCount += 1
    traffic[Int(source)].sentDatagramBytes += wireBytes
    let tier = topology.tier(Int(source), Int(destination))
    var moment = queue.nowNanoseconds
    if tier != .sameNode {
      guard isReachable(source, destination),
        let through = cross(tier, from: source, to: destination, wireBytes, moment)
      else {
        traffic[Int(source)].lostDatagramCount += 1
        return nil
      }
      moment = through
    }
    let slot = allocate(
      Envelope(
        source: source, destination: destination, connection: -1, generation: 0,
        messageBytes: max(0, bytes), end: 0))
    queue.schedule(SimulatedEvent(kind: .datagram, a: slot), at: moment + latency(tier))
    return slot
  }

  /// Takes a datagram over the links of its path; says when it is through, or nil.
  private mutating func cross(
    _ tier: Tier, from source: Int32, to destination: Int32, _ bytes: Int, _ start: Int64
  ) -> Int64? {
    var moment = start
    guard cross(2 * Int(source), bytes, &moment) else { return nil }
    if tier > .sameRack {
      let rack = topology.nodes[Int(source)].rack
      let otherRack = topology.nodes[Int(destination)].rack
      guard cross(index(of: .up(.rack(rack))), bytes, &moment) else { return nil }
      if tier > .sameZone {
        let (zone, otherZone) = (topology.racks[rack].zone, topology.racks[otherRack].zone)
        guard cross(index(of: .up(.zone(zone))), bytes, &moment) else { return nil }
        guard cross(index(of: .down(.zone(otherZone))), bytes, &moment) else { return nil }
      }
      guard cross(index(of: .down(.rack(otherRack))), bytes, &moment) else { return nil }
    }
    return cross(2 * Int(destination) + 1, bytes, &moment) ? moment : nil
  }

  /// Takes a datagram over one link, and `moment` to where it is through.
  @inline(__always)
  private mutating func cross(_ index: Int, _ bytes: Int, _ moment: inout Int64) -> Bool {
    let link = links[index]
    if link.bytesPerSecond > 0 {
      // What is being sent ends first; datagrams that came before, too.
      let busyUntil = link.current >= 0 ? link.busyUntil : 0
      let start = max(moment, link.reservedUntil, busyUntil)
      guard start - moment <= datagramQueueNanoseconds else {
        links[index].droppedDatagramCount += 1
        return false
      }
      moment = start + transferNanoseconds(bytes, bytesPerSecond: link.bytesPerSecond)
      links[index].reservedUntil = moment
    }
    links[index].datagramBytes += bytes
    if link.lossProbability > 0, random.unit() < link.lossProbability {
      links[index].droppedDatagramCount += 1
      return false
    }
    return true
  }

  /// A datagram is here.
  mutating func arriveDatagram(_ slot: Int32) -> Envelope {
    let envelope = envelopes[Int(slot)]
    traffic[Int(envelope.destination)].receivedDatagramCount += 1
    traffic[Int(envelope.destination)].receivedDatagramBytes +=
      envelope.messageBytes + settings.datagramHeaderBytes
    return envelope
  }
}
