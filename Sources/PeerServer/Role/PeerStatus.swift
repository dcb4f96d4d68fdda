import Admin
import Glibc
import ClusterTransport
import NFSServer
import Settings
import Synchronization

/// What a peer tells its operator.
struct PeerStatus: AdminSource {
  let settings: PeerSettings
  let name: String
  let nfs: String
  let counters: PeerCounters
  let grants: GrantStore
  let client: MetadataClient
  let sessions: SessionService
  let reader: BlockReader
  let store: BlockStore
  let exchange: BlockExchange
  let gossip: ClusterGossip

  func status() -> StatusDocument {
    let disk = store.statistics
    let memory = reader.memory.usage
    let counts = exchange.counts
    let clients = sessions.withTable { $0.clientCount }
    return StatusDocument(
      role: "peer", version: Self.version, nfs: nfs,
      uptimeSeconds: Int(MonotonicClock.now() / .seconds(1)),
      bytesBySource: [
        "ram": load(counters.memoryBytes), "disk": load(counters.diskBytes),
        "peer": load(counters.peerBytes), "mds": load(counters.mdsBytes),
      ],
      counters: [
        "reads": load(counters.readCount), "read_bytes": load(counters.readBytes),
        "fetched_bytes": load(counters.fetchedBytes), "fetch_errors": load(counters.fetchErrors),
        "refused_no_layout": load(counters.refusedNoLayout),
        "refused_stale": load(counters.refusedStale),
        "refused_access": load(counters.refusedAccess),
        "refused_other": load(counters.refusedOther),
        "reads_timed_out": load(counters.timedOut),
        "proxy_opens": load(counters.proxyOpens),
        "received_block_bytes": load(counters.takenBytes) + load(counters.fetchedBytes),
        "taken_block_bytes": load(counters.takenBytes),
        "far_block_bytes": load(counters.farBytes),
        "duplicate_block_bytes": load(counters.duplicateBytes),
        "sent_block_bytes": load(counters.sentBytes),
        "accusations": load(counters.accusations), "sources_left": counts.left,
        "homes_unanswering": counts.unanswered,
        "last_resorts": counts.lastResort,
        "members": gossip.members.count,
      ],
      detail: [
        "name": .string(name), "registered": .bool(client.isRegistered),
        "draining": .bool(client.isDraining),
        "mds": .string(settings.mds.description), "process": ["pid": .int(Int(getpid()))],
        "reads": [
          "count": .int(load(counters.readCount)), "bytes": .int(load(counters.readBytes)),
        ],
        "sources": [
          "memory_bytes": .int(load(counters.memoryBytes)),
          "disk_bytes": .int(load(counters.diskBytes)),
          "peer_bytes": .int(load(counters.peerBytes)),
          "mds_bytes": .int(load(counters.mdsBytes)),
        ],
        "grants": .int(grants.count), "clients": .int(clients),
        "memory": [
          "blocks": .int(memory.blocks), "bytes": .int(memory.bytes),
          "limit_bytes": .int(settings.cache.memoryBytes),
        ],
        "cache": [
          "blocks": .int(disk.blocks), "bytes": .int(disk.bytes),
          "quota_bytes": .int(settings.cache.bytes), "live_bytes": .int(disk.liveBytes),
          "waiting_bytes": .int(disk.waitingBytes), "hits": JSONValue(disk.hits),
          "misses": JSONValue(disk.misses), "writes": JSONValue(disk.writes),
          "drops": JSONValue(disk.drops), "damaged": JSONValue(disk.damaged),
          "evicted": JSONValue(disk.evicted), "pass_through": .bool(disk.passThrough),
        ],
        "gossip": JSONValue(gossip.metrics, without: "p2pnfs_gossip_"),
        "exchange": exchange.account,
      ])
  }

  static let version = "0.1.0"

  func metrics() -> [MetricFamily] {
    let disk = store.statistics
    let counts = exchange.counts
    return [
      MetricFamily(
        name: "p2pnfs_read_bytes_total", help: "File data sent, by where it came from.",
        kind: .counter,
        samples: [
          sample("ram", counters.memoryBytes), sample("disk", counters.diskBytes),
          sample("peer", counters.peerBytes), sample("mds", counters.mdsBytes),
        ]),
      MetricFamily(
        name: "p2pnfs_received_block_bytes_total",
        help: "Packed bytes of blocks received, by from whom.", kind: .counter,
        samples: [
          sample("peer", counters.takenBytes), sample("mds", counters.fetchedBytes),
        ]),
      single(
        "p2pnfs_sent_block_bytes_total", "Packed bytes of blocks sent to other peers.", .counter,
        counters.sentBytes),
      single(
        "p2pnfs_duplicate_block_bytes_total", "Packed bytes of blocks that were held already.",
        .counter, counters.duplicateBytes),
      single("p2pnfs_reads_total", "READs answered with data.", .counter, counters.readCount),
      single(
        "p2pnfs_fetched_bytes_total", "Packed bytes taken from the metadata server.", .counter,
        counters.fetchedBytes),
      single(
        "p2pnfs_fetch_errors_total", "Blocks that did not arrive.", .counter,
        counters.fetchErrors),
      single("p2pnfs_proxy_opens_total", "Grants asked for.", .counter, counters.proxyOpens),
      MetricFamily(
        name: "p2pnfs_grants", help: "Grants held.", kind: .gauge,
        samples: [.init(value: Double(grants.count))]),
      MetricFamily(
        name: "p2pnfs_cache_bytes", help: "Bytes of the disk cache.", kind: .gauge,
        samples: [.init(value: Double(disk.bytes))]),
      MetricFamily(
        name: "p2pnfs_registered", help: "1 while registered as a data server.", kind: .gauge,
        samples: [.init(value: client.isRegistered ? 1 : 0)]),
      MetricFamily(
        name: "p2pnfs_draining", help: "1 while clients and peers are sent elsewhere.",
        kind: .gauge, samples: [.init(value: client.isDraining ? 1 : 0)]),
      single(
        "p2pnfs_accusations_total",
        "Blocks of peers that were not what the metadata server signed.",
        .counter, counters.accusations),
      MetricFamily(
        name: "p2pnfs_sources_left_total", help: "Sources left: gone, silent or stuck.",
        kind: .counter, samples: [.init(value: Double(counts.left))]),
      MetricFamily(
        name: "p2pnfs_homes_unanswering_total",
        help: "Questions for who has a chunk that were not answered in time.",
        kind: .counter, samples: [.init(value: Double(counts.unanswered))]),
      MetricFamily(
        name: "p2pnfs_last_resorts_total",
        help: "Blocks asked of the metadata server because somebody had waited too long.",
        kind: .counter, samples: [.init(value: Double(counts.lastResort))]),
      single(
        "p2pnfs_far_block_bytes_total",
        "Packed bytes of blocks received from peers in other racks.", .counter,
        counters.farBytes),
    ] + gossip.metrics
  }

  func perform(_ action: AdminAction) async -> AdminOutcome {
    guard settings.serve else {
      return .refused("this peer has 'serve: false' and serves nobody")
    }
    let isDraining = action == .drain
    // The metadata server first: whoever is sent away here must not be sent here again.
    client.setDraining(isDraining)
    exchange.setDraining(isDraining)
    gossip.setDraining(isDraining)
    return .done(["draining": .bool(isDraining)])
  }

  func health() -> Health {
    guard settings.serve, !client.isRegistered, !client.isDraining else { return .healthy }
    return .unhealthy(reason: "not registered with the metadata server \(settings.mds)")
  }

  private func load(_ count: borrowing Atomic<Int>) -> Int { count.load(ordering: .relaxed) }

  private func sample(_ source: String, _ count: borrowing Atomic<Int>) -> MetricFamily.Sample {
    MetricFamily.Sample(labels: [.init("source", source)], value: Double(load(count)))
  }

  private func single(
    _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ count: borrowing Atomic<Int>
  ) -> MetricFamily {
    MetricFamily(name: name, help: help, kind: kind, samples: [.init(value: Double(load(count)))])
  }
}
