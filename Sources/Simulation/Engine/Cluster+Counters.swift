extension Cluster {
  /// What crossed one direction of a link so far.
  public func traffic(_ place: LinkPlace) -> LinkTraffic {
    let link = network.links[network.index(of: place)]
    return LinkTraffic(
      streamBytes: link.streamBytes, datagramBytes: link.datagramBytes,
      droppedDatagramCount: link.droppedDatagramCount)
  }

  /// The rate of one direction of a link, in bytes a second; nil means without limit.
  public func bytesPerSecond(_ place: LinkPlace) -> Int? {
    let rate = network.links[network.index(of: place)].bytesPerSecond
    return rate > 0 ? rate : nil
  }

  /// What a node sent and received so far.
  public func traffic(of node: Int) -> NodeTraffic { network.traffic[node] }

  /// The reliable messages that arrived, by pair of nodes, in the order of first use.
  public var pairs: [PairTraffic] {
    var places: [UInt64: Int] = [:]
    var result: [PairTraffic] = []
    for connection in network.connections {
      let key = UInt64(connection.source) << 32 | UInt64(connection.destination)
      let pair = PairTraffic(
        source: Int(connection.source), destination: Int(connection.destination),
        tier: connection.tier, bytes: connection.deliveredBytes,
        messageCount: connection.deliveredCount)
      if let place = places[key] {
        result[place].bytes += pair.bytes
        result[place].messageCount += pair.messageCount
      } else {
        places[key] = result.count
        result.append(pair)
      }
    }
    return result
  }

  /// The bytes of reliable messages that arrived, by how far they came; messages of a node to
  /// itself are not counted.
  public var deliveredBytes: Tiered<Int> {
    var sums = Tiered(sameNode: 0, sameRack: 0, sameZone: 0, elsewhere: 0)
    for connection in network.connections {
      switch connection.tier {
      case .sameNode: sums.sameNode += connection.deliveredBytes
      case .sameRack: sums.sameRack += connection.deliveredBytes
      case .sameZone: sums.sameZone += connection.deliveredBytes
      case .elsewhere: sums.elsewhere += connection.deliveredBytes
      }
    }
    return sums
  }

  /// What a node's disk did so far, and holds, in bytes.
  public func disk(of node: Int) -> (readBytes: Int, writtenBytes: Int, usedBytes: Int) {
    let disk = places[node].disk
    return (disk.readBytes, disk.writtenBytes, disk.usedBytes)
  }
}
