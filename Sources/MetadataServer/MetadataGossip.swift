import Admin
import ClusterTransport
import Contents
import Logging
import Membership
import NFSServer
import NFSv4
import NIOCore
import Placement
import Settings
import Synchronization
import Transport

/// The metadata server in the cluster's gossip: how it knows who holds what, and who is busy.
///
/// It starts to gossip when the first peer registers, at the address to which that peer's
/// connection came, and joins through every peer that registers: nobody has to be told where the
/// gossip is.
final class MetadataGossip: Sendable {
  private let settings: MetadataServerSettings
  private let member: MemberID
  private let locality: Locality
  private let gossip: ClusterGossip
  private let links: BlockLinks
  private let listening: SocketAddress?
  private let boot = UInt64.random(in: 1...(.max))
  private let bound = Mutex<UInt16>(0)
  /// The start of the gossip, when it was asked for first: many peers may register at once.
  private let starting = Mutex<Task<Void, any Error>?>(nil)
  private let logger: Logger

  init(
    settings: MetadataServerSettings, member: MemberID, locality: Locality, keys: KeyRing,
    clusterKeys: ClusterKeys,
    service: MetadataService, listening: SocketAddress?, group: any EventLoopGroup, logger: Logger
  ) {
    self.settings = settings
    self.member = member
    self.locality = locality
    self.listening = listening
    self.logger = logger
    links = BlockLinks(
      own: member.rawValue, keys: clusterKeys, group: group, logger: logger)
    gossip = ClusterGossip(
      view: service.origin, links: links, host: settings.gossip.listen.host,
      port: settings.gossip.listen.port, keys: keys.keys, settings: .lan, group: group,
      logger: logger
    ) { [weak service] event in
      service?.happened(event)
    }
    keys.onChange { [gossip] keys in gossip.replaceKeys(with: keys) }
  }

  /// Where peers find the gossip of this server; 0: nowhere yet.
  var port: UInt16 {
    let port = bound.withLock { $0 }
    return port != 0 ? port : UInt16(clamping: settings.gossip.listen.port)
  }

  /// The members known besides this one.
  var members: [Member] { gossip.members }

  /// What it counts.
  var metrics: [MetricFamily] { gossip.metrics }

  /// A peer registered over a connection, and gossips there.
  func registered(from connection: RPCConnection?, _ peer: Netaddr4) {
    guard let own = connection?.localAddress?.addressBytes, let address = Uaddr(peer),
      let seed = GossipEndpoint(address: address.bytes, port: address.port)
    else { return }
    Task {
      do {
        try await announce(at: own)
        gossip.join([seed])
      } catch {
        logger.warning(
          "cannot gossip with the peers: set gossip.listen to a free address of this machine",
          metadata: ["listen": "\(settings.gossip.listen)", "error": "\(error)"])
      }
    }
  }

  private func announce(at own: [UInt8]) async throws {
    let task = starting.withLock { starting in
      let task = starting ?? Task { try await start(at: own) }
      starting = task
      return task
    }
    do {
      try await task.value
    } catch {
      // The next peer that registers has it tried again.
      starting.withLock { $0 = nil }
      throw error
    }
  }

  private func start(at own: [UInt8]) async throws {
    let listen = try? SocketAddress(
      ipAddress: settings.gossip.listen.host, port: settings.gossip.listen.port)
    let fixed = listen?.addressBytes ?? []
    let bytes = fixed.allSatisfy { $0 == 0 } ? own : fixed
    guard
      let endpoint = GossipEndpoint(
        address: bytes, port: UInt16(clamping: settings.gossip.listen.port)),
      let service = GossipEndpoint(
        address: own, port: UInt16(clamping: listening?.port ?? settings.listen.port))
    else { return }
    let record = MemberRecord(
      id: member, name: "mds", role: .mds, gossip: endpoint, service: service,
      zone: locality.zone, rack: locality.rack, node: locality.node, boot: boot)
    let port = try await gossip.announce(record).port
    bound.withLock { $0 = port }
  }

  func stop() async {
    await gossip.leave()
    links.close()
  }
}

extension BlockOrigin: ClusterView {
  var now: Duration { clock() }

  func insert(_ member: Neighbor) { withExchange { $0.insert(member) } }

  func remove(_ id: MemberID) { carryOut(withExchange { $0.remove(id) }) }

  func setOrigin(_ id: MemberID, locality: Locality) {}

  func setLoad(_ id: MemberID, capacity: Double, queueSeconds: Double) {
    withExchange { $0.setLoad(id, capacity: capacity, queueSeconds: queueSeconds) }
  }

  func withContents<Value: Sendable>(_ body: (inout ContentsView) -> Value) -> Value {
    withExchange { body(&$0.contents) }
  }

  func takeDelta(limitBytes: Int) -> [UInt8]? { nil }

  func announcement() -> [UInt8]? { nil }

  /// Whatever nobody else knows is known here: blocks are asked for here last.
  func wantsContents(of member: MemberID) -> Bool { true }

  func load() -> MemberLoad { MemberLoad() }
}
