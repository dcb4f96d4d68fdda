import Membership
import NIOCore
import Testing

@testable import Transport

@Suite struct GossipEndpointTests {
  @Test("socket addresses of both families come back as they were")
  func roundTrip() throws {
    for text in ["10.1.2.3", "2001:db8::7"] {
      let address = try SocketAddress(ipAddress: text, port: 7946)
      let endpoint = try #require(GossipEndpoint(address))
      #expect(endpoint.isIPv6 == text.contains(":") && endpoint.port == 7946)
      #expect(endpoint.socketAddress(isIPv6Socket: endpoint.isIPv6) == address)
    }
  }

  @Test("an IPv6 socket reaches IPv4 by mapped addresses, and hears from it as IPv4")
  func mapped() throws {
    let endpoint = try #require(GossipEndpoint(address: [10, 1, 2, 3], port: 1))
    let mapped = try SocketAddress(ipAddress: "::ffff:10.1.2.3", port: 1)
    #expect(endpoint.socketAddress(isIPv6Socket: true) == mapped)
    #expect(GossipEndpoint(mapped) == endpoint)
  }

  @Test("an IPv4 socket reaches no IPv6, and a path is no endpoint")
  func none() throws {
    let six = try #require(GossipEndpoint(try SocketAddress(ipAddress: "::1", port: 1)))
    #expect(six.socketAddress(isIPv6Socket: false) == nil)
    #expect(GossipEndpoint(try SocketAddress(unixDomainSocketPath: "/tmp/x")) == nil)
  }
}
