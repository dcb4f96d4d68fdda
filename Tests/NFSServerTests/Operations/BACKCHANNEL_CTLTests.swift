import NFSv4
import NIOCore
import ONCRPC
import Testing

@Suite struct BACKCHANNEL_CTLTests {
  @Test("without a credential the server can make nothing changes")
  func noCredential() throws {
    let server = TestServer()
    let client = try TestClient(server)
    let arguments = BACKCHANNEL_CTL4args(cbProgram: 5, secParms: [])
    #expect(status { try client.run(BACKCHANNEL_CTL.self, arguments) } == .NFS4ERR_NOENT)
    let ticket = server.sessions.withTable { $0.takeBackSlot(client.clientid) }
    #expect(ticket?.program == 0x4000_0000)
  }

  @Test("callbacks carry the new program and credential")
  func change() throws {
    let server = TestServer()
    let client = try TestClient(server)
    let parms = AuthsysParms(uid: 3, gid: 4)
    try client.run(
      BACKCHANNEL_CTL.self, BACKCHANNEL_CTL4args(cbProgram: 5, secParms: [.sys(parms)]))
    let ticket = server.sessions.withTable { $0.takeBackSlot(client.clientid) }
    #expect(ticket?.program == 5)
    #expect(ticket?.credential == parms.credential)
  }
}
