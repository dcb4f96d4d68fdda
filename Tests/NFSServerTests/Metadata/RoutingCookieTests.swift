import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct RoutingCookieTests {
  private let cookie = RoutingCookie(instance: 0x0102_0304, epoch: 0x0506_0708)

  @Test("the cookie is the first eight bytes, and the handle follows")
  func routed() throws {
    let handle = NfsFh4(ByteBuffer(bytes: [9, 10]))
    let routed = cookie.routed(handle)
    #expect(routed.bytes == ByteBuffer(bytes: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]))
    #expect(try cookie.handle(routed: routed) == handle)
    #expect(cookie.instance == 0x0102_0304)
  }

  @Test("a handle that is too short is bad, one with another cookie is stale")
  func refusals() {
    for count in 0...8 {
      let short = NfsFh4(ByteBuffer(bytes: [1, 2, 3, 4, 5, 6, 7, 8].prefix(count)))
      #expect(throws: Nfsstat4.NFS4ERR_BADHANDLE) { try cookie.handle(routed: short) }
    }
    for other in [
      RoutingCookie(instance: 1, epoch: 0x0506_0708),
      RoutingCookie(instance: 0x0102_0304, epoch: 1),
    ] {
      let routed = other.routed(NfsFh4(ByteBuffer(bytes: [9])))
      #expect(throws: Nfsstat4.NFS4ERR_STALE) { try cookie.handle(routed: routed) }
    }
  }
}
