import NIOCore
import ONCRPC
import Testing
import XDR

private func parms(name: Int = 4, gids: Int = 2) -> AuthsysParms {
  AuthsysParms(
    stamp: 1, machinename: Array(repeating: 0x61, count: name), uid: 1000, gid: 100,
    gids: (0..<UInt32(gids)).map { $0 })
}

@Suite struct OpaqueAuthTests {
  @Test("AUTH_SYS has the bytes of RFC 5531 appendix A")
  func authsys() throws {
    let bytes = parms().xdr
    #expect(
      bytes
        == ByteBuffer(bytes: [
          0, 0, 0, 1, 0, 0, 0, 4, 0x61, 0x61, 0x61, 0x61, 0, 0, 3, 0xe8, 0, 0, 0, 100,
          0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1,
        ]))
    #expect(try AuthsysParms(xdr: bytes) == parms())
    for count in 0..<bytes.readableBytes {
      let cut = OpaqueAuth(
        flavor: AuthFlavor.sys, body: ByteBuffer(bytes: bytes.readableBytesView.prefix(count)))
      #expect(throws: AuthStat.AUTH_BADCRED) { try RPCPrincipal(cut) }
    }
  }

  @Test("16 groups and a name of 255 bytes are taken, one more of either is not")
  func limits() throws {
    let largest = parms(name: 255, gids: 16)
    #expect(largest.credential.body.readableBytes <= OpaqueAuth.bodyLimitBytes)
    #expect(
      try RPCPrincipal(largest.credential)
        == .sys(uid: 1000, gid: 100, gids: (0..<16).map { UInt32($0) }))
    #expect(throws: AuthStat.AUTH_BADCRED) { try RPCPrincipal(parms(gids: 17).credential) }
    #expect(throws: AuthStat.AUTH_BADCRED) { try RPCPrincipal(parms(name: 256).credential) }
  }

  @Test("bytes behind the groups are no AUTH_SYS")
  func trailing() {
    var body = parms().xdr
    body.writeInteger(UInt32(0))
    #expect(throws: AuthStat.AUTH_BADCRED) {
      try RPCPrincipal(OpaqueAuth(flavor: AuthFlavor.sys, body: body))
    }
  }

  @Test("AUTH_NONE is nobody, with an empty body only")
  func none() throws {
    #expect(try RPCPrincipal(.none) == .none)
    #expect(throws: AuthStat.AUTH_BADCRED) {
      try RPCPrincipal(OpaqueAuth(flavor: AuthFlavor.none, body: ByteBuffer(bytes: [0])))
    }
  }

  @Test("other flavors are rejected", arguments: [AuthFlavor.short, AuthFlavor.rpcsecGss, 390_003])
  func otherFlavors(flavor: UInt32) {
    #expect(throws: AuthStat.AUTH_REJECTEDCRED) {
      try RPCPrincipal(OpaqueAuth(flavor: flavor, body: ByteBuffer()))
    }
  }
}
