import NFSv4
import NIOCore
import ONCRPC
import Placement

extension MetadataOperations {
  /// REGISTER_DS: the client of this session becomes a data server.
  func registerDs(
    _ arguments: REGISTER_DS4args, _ context: Context, caller: Caller, connection: UInt64
  ) throws(Nfsstat4) -> REGISTER_DS4resok {
    guard isProven(connection, context.ticket.sessionid) else { throw .NFS4ERR_PERM }
    guard policy.grantsLayouts else { throw .NFS4ERR_NOTSUPP }
    guard arguments.flags.isSubset(of: [.READ_ONLY, .HAS_CACHE]) else { throw .NFS4ERR_INVAL }
    let clientid = context.clientid
    guard sessions.withTable({ $0.hasBackchannel(clientid) }) else {
      // Without callbacks neither a delegation nor a grant could be taken back.
      throw .NFS4ERR_CB_PATH_DOWN
    }
    let addresses = arguments.addrs.map(\.addr)
    let parsed = addresses.map { Uaddr($0) }
    guard !parsed.isEmpty, parsed.allSatisfy({ $0.map(Self.isReachable) ?? false }) else {
      throw .NFS4ERR_INVAL
    }
    // Stock clients speak both minor versions to data servers, as their mount does.
    guard arguments.minorversions & 0b110 == 0b110 else { throw .NFS4ERR_MINOR_VERS_MISMATCH }
    let addressBytes = parsed.compactMap { $0?.bytes }
    let said = Locality(
      zone: Self.text(arguments.zone), rack: Self.text(arguments.rack),
      node: Self.text(arguments.node))
    let locality = merged(said, configured: policy.locality(addressBytes.first ?? caller.address))
    let now = now()
    let (server, directives, others) = try withState { state throws(Nfsstat4) in
      let (server, ended) = try state.register(
        clientid: clientid, name: Self.text(arguments.name) ?? "", addresses: addresses,
        addressBytes: addressBytes, locality: locality, member: arguments.member,
        gossip: arguments.gossip, now: now)
      return (server, ended, Self.seeds(state.dataServers.values, for: server))
    }
    issue(directives)
    policy.registered(connection, arguments.gossip)
    moveClients(nearer: server.id)
    let cluster = policy.cluster()
    let own = Uaddr(bytes: [0, 0, 0, 0], port: cluster.gossipPort)?.netaddr
    return REGISTER_DS4resok(
      stateid: server.stateid, cookie: routing.value, leaseTime: policy.leaseSeconds,
      deviceid: DeviceKey(instance: routing.instance, generation: 0, dataServer: server.id)
        .deviceid,
      sealKey: cluster.sealKey, member: cluster.member,
      seeds: (cluster.gossipPort == 0 ? [] : [own].compactMap { $0 }) + others,
      zone: Array((locality.zone ?? "").utf8), rack: Array((locality.rack ?? "").utf8),
      node: Array((locality.node ?? "").utf8))
  }

  /// Some data servers to join the gossip through: others for every newcomer, the same for one.
  private static func seeds(
    _ servers: some Sequence<DataServer>, for newcomer: DataServer
  ) -> [Netaddr4] {
    servers.filter { $0.id != newcomer.id && $0.isReachable && Uaddr($0.gossip) != nil }
      .sorted { ($0.id ^ newcomer.id) < ($1.id ^ newcomer.id) }
      .prefix(8).map(\.gossip)
  }

  /// Clients that the data server is nearer to than the one they use choose again.
  public func moveClients(nearer id: UInt64) {
    let places = sessions.withTable { table in
      Dictionary(
        table.confirmedClients.map { ($0.clientid, $0.address) }, uniquingKeysWith: { $1 })
    }.mapValues { place(of: $0) }
    let now = now()
    issue(withState { $0.recallForNearer(id, now: now) { places[$0] } })
  }

  /// What the operator configured at the metadata server goes before what a data server says.
  private func merged(_ said: Locality, configured: Locality) -> Locality {
    Locality(
      zone: configured.zone ?? said.zone, rack: configured.rack ?? said.rack,
      node: configured.node ?? said.node)
  }

  /// Whether a client could connect to it at all.
  private static func isReachable(_ address: Uaddr) -> Bool {
    address.port != 0 && address.bytes.contains { $0 != 0 }
  }

  private static func text(_ bytes: [UInt8]) -> String? {
    bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
  }
}
