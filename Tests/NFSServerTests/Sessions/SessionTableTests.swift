import NFSServer
import NFSv4
import Testing

@Suite struct SessionTableTests {
  @Test("a lease ends after its time without a request, not before")
  func lease() throws {
    var table = TestTable()
    _ = try table.client()
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    table.table.expire(now: table.now + .seconds(90))
    let dropped1 = table.table.takeDropped()
    #expect(dropped1.isEmpty)
    table.table.expire(now: table.now + .milliseconds(90_001))
    let dropped2 = table.table.takeDropped()
    #expect(dropped2.map(\.clientid) == [clientid])
    let dropped3 = table.table.takeDropped()
    #expect(dropped3.isEmpty)
    #expect(table.table.clientCount == 0)
    #expect(table.table.sessionCount == 0)
  }

  @Test("what was never confirmed goes with its lease, without a word")
  func unconfirmed() throws {
    var table = TestTable()
    _ = try table.exchange()
    table.table.expire(now: table.now + .seconds(91))
    #expect(table.table.clientCount == 0)
    let dropped4 = table.table.takeDropped()
    #expect(dropped4.isEmpty)
  }

  @Test("every SEQUENCE renews the lease")
  func renewal() throws {
    let server = TestServer()
    let client = try TestClient(server)
    for _ in 0..<3 {
      server.pass(.seconds(80))
      server.sessions.expire()
      #expect(try client.flags() == [])
    }
    server.pass(.seconds(91))
    server.sessions.expire()
    #expect(server.droppedClients == [client.clientid])
    #expect(status { _ = try client.flags() } == .NFS4ERR_BADSESSION)
  }

  @Test("a closed connection takes its callbacks with it, not the session")
  func connectionClosed() throws {
    var table = TestTable()
    _ = try table.client(connection: 7)
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    #expect(table.table.hasBackchannel(clientid))
    table.table.connectionClosed(7)
    #expect(!table.table.hasBackchannel(clientid))
    #expect(table.table.sessionCount == 1)
    let ticket5 = table.table.takeBackSlot(clientid)
    #expect(ticket5 == nil)
    table.table.connectionClosed(7)
    table.table.connectionClosed(8)
  }

  @Test("a backchannel has so many slots, and each counts its own sequence ids")
  func backSlots() throws {
    var table = TestTable()
    _ = try table.client()
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    let ticket6 = table.table.takeBackSlot(clientid)
    let one = try #require(ticket6)
    let ticket7 = table.table.takeBackSlot(clientid)
    let other = try #require(ticket7)
    #expect([one.slotid, other.slotid] == [0, 1])
    #expect([one.sequenceid, other.sequenceid] == [1, 1])
    #expect(one.highestSlotid == 1)
    #expect(one.program == 0x4000_0000)
    let ticket8 = table.table.takeBackSlot(clientid)
    #expect(ticket8 == nil)
    table.table.releaseBackSlot(one, .seen)
    let ticket9 = table.table.takeBackSlot(clientid)
    #expect(ticket9?.sequenceid == 2)
    table.table.releaseBackSlot(other, .unseen)
    let ticket10 = table.table.takeBackSlot(clientid)
    #expect(ticket10?.sequenceid == 1)
  }

  @Test("ids that were given up without being seen are taken back one by one")
  func misordered() throws {
    var table = TestTable()
    _ = try table.client()
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    for _ in 0..<3 {
      let ticket11 = table.table.takeBackSlot(clientid)
      table.table.releaseBackSlot(try #require(ticket11), .seen)
    }
    for expected: UInt32 in [4, 3, 2] {
      let ticket12 = table.table.takeBackSlot(clientid)
      let ticket = try #require(ticket12)
      #expect(ticket.sequenceid == expected)
      table.table.releaseBackSlot(ticket, .misordered)
    }
  }

  @Test("a callback whose answer did not come is sent again on whatever connection there is")
  func renewedTicket() throws {
    var table = TestTable()
    let session = try table.client(connection: 7)
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    let ticket13 = table.table.takeBackSlot(clientid)
    let ticket = try #require(ticket13)
    table.table.connectionClosed(7)
    #expect(table.table.renewed(ticket) == nil)
    #expect(table.table.hasSession(of: ticket))
    _ = try table.table.bindConnToSession(
      BIND_CONN_TO_SESSION4args(
        sessid: session.sessionid, dir: .CDFC4_BACK, useConnInRdmaMode: false),
      connection: 8, now: table.now)
    let again = try #require(table.table.renewed(ticket))
    #expect(again.connection == 8)
    #expect(again.slotid == ticket.slotid && again.sequenceid == ticket.sequenceid)
    table.now += .seconds(91)
    table.table.expire(now: table.now)
    #expect(!table.table.hasSession(of: ticket))
  }

  @Test("callbacks go on the connection that was bound last")
  func latestConnection() throws {
    var table = TestTable()
    let session = try table.client(connection: 7)
    let clientid = try #require(table.table.confirmedClients.first?.clientid)
    _ = try table.table.bindConnToSession(
      BIND_CONN_TO_SESSION4args(
        sessid: session.sessionid, dir: .CDFC4_FORE_OR_BOTH, useConnInRdmaMode: false),
      connection: 8, now: table.now)
    let ticket14 = table.table.takeBackSlot(clientid)
    #expect(ticket14?.connection == 8)
    table.table.connectionClosed(8)
    let ticket15 = table.table.takeBackSlot(clientid)
    #expect(ticket15?.connection == 7)
  }

  @Test("a client is found by its owner only as the instance that confirmed")
  func byOwner() throws {
    var table = TestTable()
    _ = try table.exchange("a")
    let owner = ClientOwner4(verifier: 1, ownerid: Array("a".utf8))
    #expect(table.table.client(owner: owner) == nil)
    _ = try table.client("a")
    #expect(table.table.client(owner: owner) != nil)
    #expect(table.table.client(owner: ClientOwner4(verifier: 2, ownerid: owner.ownerid)) == nil)
  }
}
