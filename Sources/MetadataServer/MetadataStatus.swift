import Admin
import NFSServer
import NFSv4
import Settings

/// What the metadata server tells its operator.
struct MetadataStatus: AdminSource {
  private let service: MetadataService
  private let registry: MetricRegistry
  private let nfs: String
  private let start = ContinuousClock.now

  init(service: MetadataService, metrics: MetricRegistry, nfs: String) {
    self.service = service
    self.registry = metrics
    self.nfs = nfs
    let (sessions, operations) = (service.sessions, service.operations)
    metrics.gauge("clients", "Clients known.") {
      Double(sessions.withTable { $0.clientCount })
    }
    metrics.gauge("sessions", "Sessions.") { Double(sessions.withTable { $0.sessionCount }) }
    metrics.gauge("connections", "TCP connections.") { Double(service.connectionCount) }
    metrics.gauge("data_servers", "Registered data servers.") {
      Double(operations.withState { $0.dataServers.count })
    }
    metrics.gauge("opens", "Opens held.") { Double(operations.withState { $0.openCount }) }
    metrics.gauge("delegations", "Delegations held.") {
      Double(operations.withState { $0.delegationCount })
    }
    metrics.gauge("layouts", "Layouts held.") { Double(operations.withState { $0.layoutCount }) }
    metrics.gauge("grants", "Grants held by data servers.") {
      Double(operations.withState { $0.grantCount })
    }
    metrics.gauge(
      "grace_seconds_left", "Seconds until the grace period is over at the latest; 0: it is over."
    ) { operations.recovery.standing.graceSecondsLeft }
    metrics.gauge("clients_reclaimed", "Clients that reclaimed since the start.") {
      Double(operations.recovery.standing.reclaimed)
    }
    metrics.gauge("opens_reclaimed", "Opens that were reclaimed since the start.") {
      Double(operations.recovery.standing.reclaimedOpens)
    }
    metrics.gauge("clients_to_reclaim", "Clients that may still reclaim.") {
      Double(operations.recovery.standing.pending)
    }
    metrics.gauge("clients_recorded", "Clients that could reclaim after a restart now.") {
      Double(operations.recovery.standing.recorded)
    }
    metrics.gauge("recovery_store_failing", "1 while who may reclaim cannot be recorded.") {
      operations.recovery.standing.isFailing ? 1 : 0
    }
    metrics.gauge("reads_served", "READs served by the metadata server itself.") {
      Double(operations.readCounters.readCount)
    }
    let origin = service.origin
    metrics.gauge("block_requests_waiting", "Blocks that peers wait for at this server.") {
      Double(origin.withExchange { $0.waitingCount })
    }
    metrics.gauge("block_requests_redirected", "Times a peer was told to ask another one.") {
      Double(origin.withExchange { $0.redirectCount })
    }
    metrics.gauge("read_bytes_served", "Bytes of file data in them.") {
      Double(operations.readCounters.readByteCount)
    }
  }

  func status() -> StatusDocument {
    let operations = service.operations
    let clients = service.sessions.withTable { $0.clientCount }
    let state = operations.withState { state in
      (
        servers: state.dataServers.values.sorted { $0.id < $1.id }, opens: state.openCount,
        delegations: state.delegationCount, layouts: state.layoutCount, grants: state.grantCount,
        granted: state.layoutsGranted, recalled: state.layoutsRecalled,
        layoutsOf: state.layoutCounts,
        grantsOf: state.dataServers.mapValues { state.grantCount(of: $0) }
      )
    }
    let now = operations.currentTime
    let counters = operations.readCounters
    let blocks = service.blocks
    let recovery = operations.recovery.standing
    return StatusDocument(
      role: "mds", version: programVersion, nfs: nfs,
      uptimeSeconds: Int((ContinuousClock.now - start).components.seconds),
      bytesBySource: [
        "reads": Int(counters.readByteCount), "blocks": Int(blocks.plainBytes.value),
      ],
      counters: [
        "clients": clients, "opens": state.opens, "delegations": state.delegations,
        "grants": state.grants, "reads": Int(counters.readCount),
        "read_bytes": Int(counters.readByteCount), "opens_served": Int(counters.openCount),
        "blocks": Int(blocks.blocks.value), "blocks_plain_bytes": Int(blocks.plainBytes.value),
        "blocks_stored_bytes": Int(blocks.storedBytes.value), "layouts": state.layouts,
        "layouts_granted": state.granted, "layouts_recalled": state.recalled,
        "grace_seconds_left": Int(recovery.graceSecondsLeft.rounded(.up)),
        "clients_reclaimed": recovery.reclaimed, "clients_to_reclaim": recovery.pending,
        "clients_recorded": recovery.recorded, "opens_reclaimed": recovery.reclaimedOpens,
      ],
      peers: state.servers.map { server in
        StatusDocument.Peer(
          address: Self.text(server),
          state: server.isReachable ? "registered" : "unreachable", zone: server.locality.zone,
          rack: server.locality.rack, node: server.locality.node,
          registeredSeconds: Int((now - server.registered).components.seconds),
          grants: state.grantsOf[server.id] ?? 0, layouts: state.layoutsOf[server.id] ?? 0)
      },
      detail: ["gossip": JSONValue(service.gossipMetrics, without: "p2pnfs_gossip_")])
  }

  private static func text(_ server: DataServer) -> String {
    guard let address = server.addresses.first.flatMap({ Uaddr($0) }),
      let host = IPAddress(bytes: address.bytes)
    else { return server.name }
    return Endpoint(host: "\(host)", port: Int(address.port)).description
  }

  func metrics() -> [MetricFamily] { registry.families() + service.gossipMetrics }

  func health() -> Health { .healthy }
}
