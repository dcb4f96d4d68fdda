import ClusterTransport
import Membership
import NFSv4
import NIOCore
import Placement
import Settings
import Synchronization
import Transport

/// How a peer becomes a member of the cluster: it gossips at the address from which it reaches the
/// metadata server, registers there, and learns whom to join and where it is.
struct ClusterRegistration: Sendable {
  let settings: PeerSettings
  let member: MemberID
  let name: String
  let boot: UInt64
  let verifier: Verifier4
  let serverOwner: ServerOwner4
  let gossip: ClusterGossip
  let exchange: BlockExchange
  let listening: @Sendable () -> SocketAddress?

  /// What to register with. Starts the gossip, the first time.
  func arguments(on connection: RPCConnection) async throws -> REGISTER_DS4args {
    let addresses = PeerAddresses.choose(
      advertised: settings.advertise, listening: listening(), local: connection.localAddress)
    let place = Locality(
      zone: settings.locality.zone, rack: settings.locality.rack, node: settings.locality.node)
    guard let record = record(addresses, connection, place) else {
      throw ConnectionFailure.noAnswer("no address of this host that others could use")
    }
    let endpoint = try await gossip.announce(record)
    let text = { (text: String?) in
      Array((text ?? "").utf8.prefix(REGISTER_DS4args.nameLimitBytes))
    }
    let own = Uaddr(bytes: endpoint.address, port: endpoint.port)?.netaddr
    return REGISTER_DS4args(
      verifier: verifier, flags: .READ_ONLY, addrs: addresses, serverOwner: serverOwner,
      serverScope: Array("p2pnfs".utf8), minorversions: 0b110, maxread: 1 << 20, weight: 0,
      name: text(name), zone: text(place.zone), rack: text(place.rack), node: text(place.node),
      member: member.rawValue, gossip: own ?? Netaddr4(netid: Netaddr4.tcp, addr: []))
  }

  /// The metadata server took this peer: it says how to verify blocks, whom to join, and where it
  /// takes this peer to be.
  func registered(_ answer: REGISTER_DS4resok, on connection: RPCConnection) async {
    exchange.setSealKey(answer.sealKey)
    let text = { (bytes: [UInt8]) in
      bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
    let place = Locality(
      zone: text(answer.zone), rack: text(answer.rack), node: text(answer.node))
    exchange.insert(Neighbor(id: member, locality: place, isServing: true))
    let addresses = PeerAddresses.choose(
      advertised: settings.advertise, listening: listening(), local: connection.localAddress)
    if let record = record(addresses, connection, place) {
      // It was accepted a moment ago, with another place.
      _ = try? await gossip.announce(record)
    }
    let server = connection.remoteAddressBytes
    let seeds = answer.seeds.compactMap { seed -> GossipEndpoint? in
      guard let address = Uaddr(seed) else { return nil }
      let bytes = address.bytes.allSatisfy { $0 == 0 } ? server : address.bytes
      return GossipEndpoint(address: bytes, port: address.port)
    }
    gossip.join(seeds + settings.gossip.seeds.compactMap(Self.endpoint))
  }

  private func record(
    _ addresses: [DsregAddr4], _ connection: RPCConnection, _ place: Locality
  ) -> MemberRecord? {
    let service = addresses.first.flatMap { Uaddr($0.addr) }
    let serviceBytes = service?.bytes ?? connection.localAddress?.addressBytes ?? [127, 0, 0, 1]
    // The gossip goes where blocks go, unless it listens on one address of its own.
    let listen = try? SocketAddress(
      ipAddress: settings.gossip.listen.host, port: settings.gossip.listen.port)
    let listenBytes = listen?.addressBytes ?? []
    let gossipBytes = listenBytes.allSatisfy { $0 == 0 } ? serviceBytes : listenBytes
    guard
      let gossip = GossipEndpoint(
        address: gossipBytes, port: UInt16(clamping: settings.gossip.listen.port)),
      let endpoint = GossipEndpoint(address: serviceBytes, port: service?.port ?? 2049)
    else { return nil }
    return MemberRecord(
      id: member, name: name, role: .peer, gossip: gossip, service: endpoint,
      zone: place.zone, rack: place.rack, node: place.node,
      flags: settings.serve ? .serving : [], boot: boot)
  }

  private static func endpoint(_ seed: Endpoint) -> GossipEndpoint? {
    guard
      let address = try? SocketAddress.makeAddressResolvingHost(seed.host, port: seed.port),
      let bytes = address.addressBytes
    else { return nil }
    return GossipEndpoint(address: bytes, port: UInt16(clamping: seed.port))
  }
}
