import NFSv4
import Testing

@Suite struct UaddrTests {
  private static func netaddr(_ netid: String, _ addr: String) -> Netaddr4 {
    Netaddr4(netid: Array(netid.utf8), addr: Array(addr.utf8))
  }

  @Test(
    "what does not name an address strictly is refused",
    arguments: [
      ("tcp", ""), ("tcp", "192.0.2.1"), ("tcp", "192.0.2.1.8"), ("tcp", "192.0.2.1.8.1.0"),
      ("tcp", "192.0.2.256.8.1"), ("tcp", "192.0.2.1.8.256"), ("tcp", "192.0.02.1.8.1"),
      ("tcp", "192.0.2.1.08.1"), ("tcp", "192.0..1.8.1"), ("tcp", ".0.2.1.8.1"),
      ("tcp", "192.0.2.1.8."), ("tcp", " 192.0.2.1.8.1"), ("tcp", "192.0.2.1.8.1 "),
      ("tcp", "192.0.2.+1.8.1"), ("tcp", "192.0.2.1.8.1\0"), ("tcp", "0192.0.2.1.8.1"),
      ("tcp", "::1.8.1"), ("udp", "192.0.2.1.8.1"), ("rdma", "192.0.2.1.8.1"), ("", "1.2.3.4.8.1"),
      ("TCP", "192.0.2.1.8.1"), ("tcp6", "192.0.2.1.8.1"), ("tcp6", ""), ("tcp6", ".8.1"),
      ("tcp6", "::1"), ("tcp6", "::1.8"), ("tcp6", ":::1.8.1"), ("tcp6", "1::2::3.8.1"),
      ("tcp6", "1:2:3:4:5:6:7.8.1"), ("tcp6", "1:2:3:4:5:6:7:8:9.8.1"),
      ("tcp6", "1:2:3:4:5:6:7:8::.8.1"), ("tcp6", "::1:2:3:4:5:6:7:8.8.1"),
      ("tcp6", ":1:2:3:4:5:6:7.8.1"), ("tcp6", "1:2:3:4:5:6:7:.8.1"), ("tcp6", "1::2:.8.1"),
      ("tcp6", ":1::2.8.1"), ("tcp6", "12345::.8.1"), ("tcp6", "g::.8.1"),
      ("tcp6", "fe80::1%eth0.8.1"), ("tcp6", "[::1].8.1"), ("tcp6", "::1.2.3.8.1"),
      ("tcp6", "::256.0.0.1.8.1"), ("tcp6", "1.2.3.4::.8.1"), ("tcp6", "::1.2.3.4:5.8.1"),
      ("tcp6", "1:2:3:4:5:6:7:1.2.3.4.8.1"), ("tcp6", "::1.256.1"), ("tcp6", "::1.8.01"),
    ])
  func refused(netid: String, addr: String) {
    #expect(Uaddr(Self.netaddr(netid, addr)) == nil)
  }

  @Test(
    "an address comes back from its text",
    arguments: [
      ("tcp", "192.0.2.1.8.1", [192, 0, 2, 1], 2049), ("tcp", "0.0.0.0.0.0", [0, 0, 0, 0], 0),
      ("tcp", "255.255.255.255.255.255", [255, 255, 255, 255], 65535),
      ("tcp6", "::.0.0", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0),
      ("tcp6", "::1.8.1", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], 2049),
      ("tcp6", "1::.8.1", [0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], 2049),
      (
        "tcp6", "2001:db8::a:1.8.1", [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 10, 0, 1], 2049
      ),
      ("tcp6", "1:0:0:2::3.8.1", [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3], 2049),
      ("tcp6", "1::2:0:0:3:4.8.1", [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4], 2049),
      ("tcp6", "1:0:2:3:4:5:6:7.8.1", [0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7], 2049),
    ] as [(String, String, [UInt8], UInt16)])
  func roundTrip(netid: String, addr: String, bytes: [UInt8], port: UInt16) throws {
    let uaddr = try #require(Uaddr(Self.netaddr(netid, addr)))
    #expect(uaddr.bytes == bytes)
    #expect(uaddr.port == port)
    #expect(uaddr.isIPv6 == (netid == "tcp6"))
    #expect(uaddr.netaddr == Self.netaddr(netid, addr))
  }

  @Test(
    "other texts of one IPv6 address are read too",
    arguments: [
      ("::FFFF:192.0.2.1.8.1", "::ffff:c000:201.8.1"),
      ("1:2:3:4:5:6:1.2.3.4.0.1", "1:2:3:4:5:6:102:304.0.1"),
      ("0:0:0:0:0:0:0:1.8.1", "::1.8.1"), ("0001:0002::0:3.8.1", "1:2::3.8.1"),
      ("1:2:3:4:5:6:7::.8.1", "1:2:3:4:5:6:7:0.8.1"),
      ("::2:3:4:5:6:7:8.8.1", "0:2:3:4:5:6:7:8.8.1"),
    ])
  func otherTexts(text: String, canonical: String) throws {
    let uaddr = try #require(Uaddr(Self.netaddr("tcp6", text)))
    #expect(uaddr.netaddr == Self.netaddr("tcp6", canonical))
  }

  @Test("only 4 or 16 bytes are an address", arguments: [0, 1, 3, 5, 15, 17])
  func length(count: Int) {
    #expect(Uaddr(bytes: Array(repeating: 0, count: count), port: 1) == nil)
  }
}
