import Glibc
import NIOCore

/// A bound UDP socket that sends datagrams one by one: what is wrong with one of them, an address
/// without a route or one that a firewall refuses, concerns that datagram only. (A channel closes
/// on most errors of a write, and gossip sends to addresses that others told it.) A channel
/// receives on a duplicate of the descriptor.
final class UDPSocket {
  /// The port that was bound.
  let port: Int
  /// Whether it is an IPv6 socket, which takes IPv4, too.
  let isIPv6: Bool
  private let descriptor: CInt

  /// - Throws: `IOError` when the address cannot be bound.
  init(_ address: SocketAddress, receiveBytes: Int) throws {
    if case .v6 = address { isIPv6 = true } else { isIPv6 = false }
    let descriptor = socket(
      isIPv6 ? AF_INET6 : AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
    var size = CInt(clamping: receiveBytes)
    let length = socklen_t(MemoryLayout<CInt>.size)
    // Less is worse, not wrong.
    _ = setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, length)
    if isIPv6 {
      var zero: CInt = 0
      _ = setsockopt(descriptor, CInt(IPPROTO_IPV6), IPV6_V6ONLY, &zero, length)
    }
    let result = address.withSockAddr { bind(descriptor, $0, socklen_t($1)) }
    guard result == 0, let port = Self.port(of: descriptor) else {
      let error = IOError(errnoCode: errno, reason: "bind")
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
    self.port = port
  }

  deinit { close(descriptor) }

  private static func port(of descriptor: CInt) -> Int? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard result == 0 else { return nil }
    // The port is in the same place in both families, in network order.
    return withUnsafeBytes(of: storage) {
      Int(UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
    }
  }

  /// Another descriptor of the socket, which the caller closes.
  func duplicate() throws -> CInt {
    let copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { throw IOError(errnoCode: errno, reason: "dup") }
    return copy
  }

  /// - Returns: whether the datagram was taken; not if the socket's queue is full, or the address
  ///   cannot be reached.
  func send(_ datagram: [UInt8], to address: SocketAddress) -> Bool {
    address.withSockAddr { pointer, length in
      datagram.withUnsafeBytes {
        sendto(
          descriptor, $0.baseAddress, $0.count, CInt(MSG_DONTWAIT), pointer,
          socklen_t(length)) == $0.count
      }
    }
  }
}
