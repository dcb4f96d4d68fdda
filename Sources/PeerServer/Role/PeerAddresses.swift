import NFSv4
import NIOCore
import Settings
import Transport

/// Where clients are told to find this peer.
enum PeerAddresses {
  /// - Parameters:
  ///   - advertised: what the configuration says; it comes first.
  ///   - listening: the address and port that are listened on.
  ///   - local: the address from which the metadata server is reached: for a peer that listens on
  ///     all of its addresses.
  /// - Returns: at most as many as a registration holds.
  static func choose(
    advertised: [AdvertisedAddress], listening: SocketAddress?, local: SocketAddress?
  ) -> [DsregAddr4] {
    let port = UInt16(clamping: listening?.port ?? 2049)
    var addresses = advertised.compactMap { address in
      Uaddr(bytes: address.address.bytes, port: address.port.map(UInt16.init(clamping:)) ?? port)
    }
    if addresses.isEmpty {
      let bound = listening?.addressBytes ?? []
      let bytes = bound.allSatisfy { $0 == 0 } ? local?.addressBytes ?? [] : bound
      addresses = [Uaddr(bytes: bytes, port: port)].compactMap { $0 }
    }
    return addresses.prefix(REGISTER_DS4args.addressLimit).map { DsregAddr4(addr: $0.netaddr) }
  }
}
