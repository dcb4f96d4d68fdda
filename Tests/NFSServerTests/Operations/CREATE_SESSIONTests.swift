import NFSServer
import NFSv4
import ONCRPC
import Testing

@Suite struct CREATE_SESSIONTests {
  @Test("a client ID that nobody has is stale")
  func unknownClient() {
    var table = TestTable()
    #expect(throws: Nfsstat4.NFS4ERR_STALE_CLIENTID) { try table.create(.test(42, sequence: 1)) }
  }

  @Test("a sequence id that is neither due nor the last is misordered", arguments: [0, 2, .max])
  func misordered(sequence: UInt32) throws {
    var table = TestTable()
    let identity = try table.exchange()
    #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) {
      try table.create(.test(identity.clientid, sequence: sequence))
    }
    #expect(throws: Never.self) { try table.create(.test(identity.clientid, sequence: 1)) }
  }

  @Test("a retry gets the same session, and no second one is made")
  func replay() throws {
    var table = TestTable()
    let identity = try table.exchange()
    let arguments = CREATE_SESSION4args.test(identity.clientid, sequence: identity.sequenceid)
    let one = try table.create(arguments)
    #expect(try table.create(arguments, connection: 2) == one)
    #expect(table.table.sessionCount == 1)
    let next = try table.create(.test(identity.clientid, sequence: 2))
    #expect(next.sessionid != one.sessionid)
    #expect(throws: Nfsstat4.NFS4ERR_SEQ_MISORDERED) { try table.create(arguments) }
  }

  @Test("channels too small to work with are refused, and a retry gets the same refusal")
  func tooSmall() throws {
    let changes: [(inout ChannelAttrs4) -> Void] = [
      { $0.maxrequestsize = 511 }, { $0.maxresponsesize = 511 }, { $0.maxoperations = 1 },
      { $0.maxrequests = 0 },
    ]
    for change in changes {
      var table = TestTable()
      let identity = try table.exchange()
      var arguments = CREATE_SESSION4args.test(identity.clientid, sequence: 1)
      change(&arguments.foreChanAttrs)
      for _ in 0..<2 {
        #expect(throws: Nfsstat4.NFS4ERR_TOOSMALL) { try table.create(arguments) }
      }
      #expect(table.table.sessionCount == 0)
      #expect(table.table.confirmedClients.isEmpty)
      #expect(throws: Never.self) { try table.create(.test(identity.clientid, sequence: 2)) }
    }
  }

  @Test("flags that do not exist are refused")
  func badFlags() throws {
    var table = TestTable()
    let identity = try table.exchange()
    #expect(throws: Nfsstat4.NFS4ERR_INVAL) {
      try table.create(
        .test(identity.clientid, sequence: 1, flags: CreateSession4Flags(rawValue: 8)))
    }
  }

  @Test("another principal cannot confirm a client ID")
  func otherPrincipal() throws {
    var table = TestTable()
    let identity = try table.exchange(uid: 1)
    #expect(throws: Nfsstat4.NFS4ERR_CLID_INUSE) {
      try table.create(.test(identity.clientid, sequence: 1), uid: 2)
    }
    #expect(throws: Never.self) { try table.create(.test(identity.clientid, sequence: 1), uid: 1) }
  }

  @Test("nothing is granted beyond what was asked for or what the server has")
  func negotiation() throws {
    var table = TestTable()
    let identity = try table.exchange()
    var arguments = CREATE_SESSION4args.test(identity.clientid, sequence: 1)
    arguments.flags = [.PERSIST, .CONN_BACK_CHAN]
    arguments.foreChanAttrs.maxrequestsize = .max
    arguments.foreChanAttrs.maxresponsesize = 2000
    arguments.foreChanAttrs.maxoperations = .max
    arguments.foreChanAttrs.maxrequests = .max
    let resok = try table.create(arguments)
    let limits = SessionLimits()
    #expect(resok.foreChanAttrs.maxrequestsize == limits.maxRequestBytes)
    #expect(resok.foreChanAttrs.maxresponsesize == 2000)
    #expect(resok.foreChanAttrs.maxoperations == limits.maxOperations)
    #expect(resok.foreChanAttrs.maxrequests == limits.maxSlots)
    #expect(resok.backChanAttrs == arguments.backChanAttrs)
    #expect(resok.flags == .CONN_BACK_CHAN)
    #expect(resok.sequence == 1)
  }

  @Test("callbacks need a credential the server can make")
  func callbackCredential() throws {
    var table = TestTable()
    let identity = try table.exchange()
    var arguments = CREATE_SESSION4args.test(identity.clientid, sequence: 1)
    arguments.secParms = [
      .gss(GssCbHandles4(service: .RPC_GSS_SVC_NONE, handleFromServer: [], handleFromClient: []))
    ]
    #expect(try table.create(arguments).flags == [])
    #expect(!table.table.hasBackchannel(identity.clientid))
  }

  @Test("a client has so many sessions and no more")
  func sessionLimit() throws {
    var table = TestTable()
    let identity = try table.exchange()
    for sequence in 1...UInt32(SessionLimits().sessionsPerClient) {
      _ = try table.create(.test(identity.clientid, sequence: sequence))
    }
    #expect(throws: Nfsstat4.NFS4ERR_NOSPC) {
      try table.create(.test(identity.clientid, sequence: 17))
    }
  }
}
