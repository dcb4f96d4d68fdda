import Glibc
import Lab
import NFSv4
import NIOCore
import ONCRPC
import Testing
import XDR

extension ProcessTests {
  @Suite("Bad input from the network", .timeLimit(.minutes(2)))
  struct BadInputTests {
    /// Resident bytes that a daemon may gain while it is fed nonsense.
    static let growthLimit = 32 << 20

    private func null(xid: UInt32 = 1) -> RPCCall {
      RPCCall(
        xid: xid, prog: NFS4.program, vers: NFS4.version, proc: NFS4.PROC_NULL,
        arguments: ByteBuffer())
    }

    /// Valid requests of every shape, for a slot each from `firstSlot` on.
    private static func requests(_ barrage: Barrage, _ handle: NfsFh4, _ stateid: Stateid4)
      -> [ByteBuffer]
    {
      let client = barrage.client
      var slot = -1
      func compound(_ build: (inout CompoundBuilder) -> Void) -> ByteBuffer {
        slot += 1
        return barrage.request(slot: slot, build)
      }
      func alone<Op: NfsOperation>(_ operation: Op.Type, _ arguments: Op.Arguments) -> ByteBuffer {
        var builder = CompoundBuilder(tag: Array("tag".utf8), minorversion: 1)
        builder.append(operation, arguments)
        return client.call(builder.finish()).record
      }
      let root = Void4()
      let attributes = Bitmap4(0xffff_ffff, 0xffff_ffff, 0xffff_ffff)
      let other = ClientOwner4(verifier: 3, ownerid: Array("other".utf8))
      return [
        alone(EXCHANGE_ID.self, RawClient.exchangeId(other)),
        alone(CREATE_SESSION.self, RawClient.createSession(client.clientid, sequence: 2)),
        compound { $0.append(PUTROOTFH.self, root) },
        compound {
          $0.append(PUTFH.self, PUTFH4args(object: handle))
          $0.append(READ.self, READ4args(stateid: stateid, offset: 4096, count: 8192))
        },
        compound {
          $0.append(PUTROOTFH.self, root)
          $0.append(LOOKUP.self, LOOKUP4args(objname: Array("small".utf8)))
          $0.append(GETFH.self, root)
          $0.append(GETATTR.self, GETATTR4args(attrRequest: attributes))
        },
        compound {
          $0.append(PUTROOTFH.self, root)
          $0.append(OPEN.self, RawClient.open("small", clientid: client.clientid))
          $0.append(GETATTR.self, GETATTR4args(attrRequest: attributes))
        },
        compound {
          $0.append(PUTROOTFH.self, root)
          $0.append(
            READDIR.self,
            READDIR4args(
              cookie: 0, cookieverf: 0, dircount: 512, maxcount: 4096, attrRequest: attributes))
        },
        compound {
          $0.append(PUTFH.self, PUTFH4args(object: handle))
          $0.append(
            LAYOUTGET.self,
            LAYOUTGET4args(
              signalLayoutAvail: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_READ,
              offset: 0,
              length: .max, minlength: 4096, stateid: stateid, maxcount: 4096))
        },
        compound { $0.append(REGISTER_DS.self, RawClient.registration(at: "10.77.0.9")) },
        compound {
          $0.append(PROXY_OPEN.self, RawClient.proxyOpen(handle, client: client.owner))
        },
        client.blockCall(
          .CHALLENGE,
          CHALLENGE1args(nonce: .init(repeating: 5, count: 32), sessionid: client.session)
            .xdr
        ).record,
        client.blockCall(.PROVE, PROVE1args(proof: .init(repeating: 6, count: 32)).xdr).record,
        client.blockCall(.TAKE, RawClient.take(handle, change: 1).xdr).record,
      ]
    }

    /// Runs `body` against both daemons, one after the other, with a bystander on each; checks what
    /// it cost them.
    private func besiege(
      _ body: @escaping @Sendable (Cluster, Target) throws -> Void
    ) async throws {
      let cluster = try await Cluster.create()
      let daemons = [
        Target.mds: try await cluster.startMDS(), .peer: try await cluster.startPeer(),
      ]
      for target in Target.allCases {
        let daemon = try #require(daemons[target])
        let before = try daemon.residentBytes()
        do {
          try await cluster.withBystander(at: target) {
            try await cluster.stranger.inside { try body(cluster, target) }
          }
        } catch {
          throw ProcessTestError("\(target): \(error)\n\(daemon.logTail)")
        }
        let after = try daemon.residentBytes()
        #expect(daemon.isRunning)
        #expect(after - before < Self.growthLimit, "\(target): \(before) → \(after) bytes")
      }
      await cluster.close()
    }

    /// A barrage and what to read in it.
    private static func barrage(
      _ cluster: Cluster, _ target: Target
    ) throws -> (Barrage, NfsFh4, Stateid4, PeerReader?) {
      switch target {
      case .mds:
        let address = cluster.mdsNode.address
        let barrage = try Barrage(to: address) {
          try RawClient(try RawConnection(to: address), owner: "barrage at the mds")
        }
        let opened = try barrage.client.open("large")
        return (barrage, opened.handle, opened.stateid, nil)
      case .peer:
        let reader = try PeerReader(cluster, owner: "barrage at a peer")
        let address = cluster.peerNode.address
        let barrage = try Barrage(to: address) {
          try RawClient(try RawConnection(to: address), owner: "barrage at a peer")
        }
        return (barrage, reader.handle, reader.stateid, reader)
      }
    }

    @Test("all ones in any word of a request, and any truncation of it, get a well-formed refusal")
    func everyField() async throws {
      try await besiege { cluster, target in
        let (barrage, handle, stateid, reader) = try Self.barrage(cluster, target)
        defer { withExtendedLifetime(reader) {} }
        let count = Self.requests(barrage, handle, stateid).count
        for index in 0..<count {
          try barrage.checkSession()
          let words = Self.requests(barrage, handle, stateid)[index].readableBytes / 4
          for word in 1..<words {
            let record = Self.requests(barrage, handle, stateid)[index]
            try barrage.fire([Mutation.everyWord(of: record)[word - 1]])
          }
          let record = Self.requests(barrage, handle, stateid)[index]
          try barrage.fire(Mutation.everyTruncation(of: record))
        }
      }
    }

    @Test("10,000 random mutations of valid requests each leave both daemons serving others")
    func mutations() async throws {
      try await besiege { cluster, target in
        let (barrage, handle, stateid, reader) = try Self.barrage(cluster, target)
        defer { withExtendedLifetime(reader) {} }
        let seed: UInt64 = 20_260_728
        var random = SeededGenerator(seed: seed)
        do {
          while barrage.sentCount < 10_000 {
            try barrage.checkSession()
            let requests = Self.requests(barrage, handle, stateid)
            var batch = requests
            for index in batch.indices {
              let other = requests[Int.random(in: 0..<requests.count, using: &random)]
              batch[index] = Mutation.random(of: requests[index], spliced: other, using: &random)
            }
            try barrage.fire(batch)
          }
        } catch {
          throw ProcessTestError("seed \(seed), message \(barrage.sentCount): \(error)")
        }
      }
    }

    @Test("an operation of any number, without its arguments, gets a well-formed refusal")
    func operations() async throws {
      try await besiege { cluster, target in
        let (barrage, handle, _, reader) = try Self.barrage(cluster, target)
        defer { withExtendedLifetime(reader) {} }
        let numbers =
          Array(0...80 as ClosedRange<UInt32>) + [10_044, 0x5032_5001, 0x5032_5002, .max]
        for number in numbers {
          for tail in [0, 4, 16, 64, 256] {
            let valid = barrage.request(slot: 0) {
              $0.append(PUTFH.self, PUTFH4args(object: handle))
              $0.append(LOOKUP.self, LOOKUP4args(objname: []))
            }
            // The last two words are LOOKUP's number and the length of its name.
            var record = ByteBuffer(bytes: valid.readableBytesView.dropLast(8))
            record.writeInteger(number)
            record.writeRepeatingByte(0, count: tail)
            try barrage.checkSession()
            try barrage.fire([record])
          }
        }
      }
    }

    @Test("what only members may ask for takes all ones and truncations as well")
    func members() async throws {
      let cluster = try await Cluster.create()
      let mds = try await cluster.startMDS()
      try await cluster.stranger.inside {
        let address = cluster.mdsNode.address
        let barrage = try Barrage(to: address) {
          let client = try RawClient(try RawConnection(to: address), owner: "member")
          guard try client.prove(Cluster.key) == .PROVE1_OK else {
            throw ProcessTestError("the right key was refused")
          }
          _ = try client.register(at: "10.77.0.9")
          return client
        }
        let handle = try barrage.client.lookup("large")
        let change = try barrage.client.change(of: handle)
        let requests: [(headerBytes: Int, record: () -> ByteBuffer)] = [
          (
            112,
            {
              barrage.request(slot: 0) {
                $0.append(REGISTER_DS.self, RawClient.registration(at: "10.77.0.9"))
              }
            }
          ),
          (
            112,
            {
              barrage.request(slot: 0) {
                $0.append(
                  PROXY_OPEN.self, RawClient.proxyOpen(handle, client: barrage.client.owner))
              }
            }
          ),
        ]
        for (headerBytes, record) in requests {
          let length = record().readableBytes
          for word in headerBytes / 4..<length / 4 {
            try barrage.fire([Mutation.everyWord(of: record())[word - 1]])
          }
          for shorter in headerBytes..<length {
            try barrage.fire([Mutation.everyTruncation(of: record())[shorter]])
          }
          try barrage.fire([record()])
        }
        // Under a seal that is right, so that it is the arguments that are looked at.
        func fire(_ procedure: BlockProtocol.Procedure, _ body: ByteBuffer) throws {
          try barrage.fire([barrage.client.memberCall(procedure, body).record])
        }
        let file = RawClient.take(handle, change: change).file
        let bodies: [(BlockProtocol.Procedure, ByteBuffer)] = [
          (.TAKE, RawClient.take(handle, change: change).xdr),
          (
            .LOCATE,
            LOCATE1args(file: file, chunk: 0, wanted: 15, isDemand: true, excluded: [1, 2]).xdr
          ),
          (.CANCEL, CANCEL1args(file: file, index: 1).xdr),
          (.URGE, CANCEL1args(file: file, index: 1).xdr),
          (.CHASE, CHASE1args(file: file, index: 1, initiator: 1).xdr),
          (.STATUS, ByteBuffer()),
          (.SYNC, SYNC1(message: ByteBuffer(repeating: 1, count: 40)).xdr),
          (.ACCUSE, ACCUSE1args(member: 5).xdr),
        ]
        for (procedure, body) in bodies {
          // All ones in any word; the first word stands for a transaction id in whole messages.
          var padded = ByteBuffer(integer: UInt32(0))
          padded.writeImmutableBuffer(body)
          for spoilt in Mutation.everyWord(of: padded) {
            try fire(procedure, spoilt.getSlice(at: 4, length: body.readableBytes) ?? body)
          }
          for shorter in Mutation.everyTruncation(of: body)
          where shorter.readableBytes % 4 == 0 {
            try fire(procedure, shorter)
          }
          try fire(procedure, body)
        }
        // A seal that is wrong ends the connection.
        let member = try RawClient(
          try RawConnection(to: cluster.mdsNode.address), owner: "another member")
        guard try member.prove(Cluster.key) == .PROVE1_OK else {
          throw ProcessTestError("the right key was refused")
        }
        var forged = member.memberCall(.STATUS, ByteBuffer()).arguments
        forged.setInteger(UInt8(forged.getInteger(at: 20, as: UInt8.self) ?? 0) ^ 1, at: 20)
        let refusal = try member.connection.call(member.blockCall(.STATUS, forged))
        #expect(refusal.status == .authError(.AUTH_BADVERF))
        #expect(try member.connection.isClosedByOtherSide())
      }
      #expect(mds.isRunning)
      await cluster.close()
    }

    @Test("bytes that are no records, half records and claims of 2 GiB end their connection only")
    func noRecords() async throws {
      try await besiege { cluster, target in
        let address = cluster.node(of: target).address
        var random = SeededGenerator(seed: 7)
        for _ in 0..<300 {
          let connection = try RawConnection(to: address)
          let count = Int.random(in: 8...4096, using: &random)
          // Claims more than a record may have, with its first bit set: else it could be a fragment
          // of which more may come.
          var bytes = [0xff] + (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
          if count % 2 == 0 { bytes.insert(contentsOf: [0x80, 0, 0, 8, 0, 0, 0, 1], at: 0) }
          connection.send(ByteBuffer(bytes: bytes))
          #expect(try connection.isClosedByOtherSide())
        }
        for mark in [0x7fff_ffff, 0xffff_ffff, 0x8020_0001, 0x0020_0001] as [UInt32] {
          let connection = try RawConnection(to: address)
          connection.send(ByteBuffer(integer: mark))
          #expect(try connection.isClosedByOtherSide(), "mark \(mark)")
        }
        // Fragments without end.
        let endless = try RawConnection(to: address)
        endless.send(ByteBuffer(repeating: 0, count: 4 * 5000))
        #expect(try endless.isClosedByOtherSide())
        // A record of which the rest never comes, then the end.
        let half = try RawConnection(to: address)
        let record = RawConnection.marked(null().record)
        half.send(ByteBuffer(bytes: record.readableBytesView.dropLast(4)))
        half.finishSending()
        #expect(try half.isClosedByOtherSide())
      }
    }

    @Test("a record in pieces of one byte and in many fragments is one record")
    func pieces() async throws {
      try await besiege { cluster, target in
        let connection = try RawConnection(to: cluster.node(of: target).address)
        let record = null(xid: 5).record
        for byte in RawConnection.marked(record).readableBytesView {
          connection.send(ByteBuffer(bytes: [byte]))
        }
        var fragments = ByteBuffer()
        let bytes = Array(record.readableBytesView)
        for index in bytes.indices {
          fragments.writeInteger(index == bytes.count - 1 ? 0x8000_0001 : UInt32(1))
          fragments.writeBytes([bytes[index]])
        }
        connection.send(fragments)
        for _ in 0..<2 {
          guard let answer = try connection.receiveRecord(),
            case .reply(let reply) = try RPCMessage(record: answer)
          else { throw ProcessTestError("no reply") }
          #expect(reply.xid == 5)
          #expect(reply.status == .success)
        }
      }
    }

    @Test("wrong versions, programs, procedures and credentials get the status that says so")
    func refusals() async throws {
      try await besiege { cluster, target in
        let connection = try RawConnection(to: cluster.node(of: target).address)
        var call = null(xid: 2)
        func expect(_ status: RPCReplyStatus, _ change: (inout RPCCall) -> Void) throws {
          var changed = call
          change(&changed)
          #expect(try connection.call(changed).status == status, "\(target): \(changed)")
        }
        try expect(.success) { _ in }
        try expect(.rpcMismatch(low: 2, high: 2)) { $0.rpcvers = 3 }
        try expect(.rpcMismatch(low: 2, high: 2)) { $0.rpcvers = 0 }
        try expect(.progUnavail) { $0.prog = 100_005 }
        try expect(.progUnavail) { $0.prog = .max }
        try expect(.progMismatch(low: 4, high: 4)) { $0.vers = 3 }
        try expect(.progMismatch(low: 4, high: 4)) { $0.vers = .max }
        try expect(.procUnavail) { $0.proc = 2 }
        if target == .mds {
          try expect(.progMismatch(low: 1, high: 1)) {
            $0.prog = BlockProtocol.program
            $0.vers = 2
          }
          try expect(.procUnavail) {
            $0.prog = BlockProtocol.program
            $0.vers = 1
            $0.proc = 11
          }
          try expect(.garbageArgs) {
            $0.prog = BlockProtocol.program
            $0.vers = 1
            $0.proc = 1
          }
        }
        call.proc = NFS4.PROC_COMPOUND
        try expect(.garbageArgs) { _ in }
        for flavor in [2, 3, 6, 390_003, .max] as [UInt32] {
          try expect(.authError(.AUTH_REJECTEDCRED)) {
            $0.cred = OpaqueAuth(flavor: flavor, body: ByteBuffer(repeating: 0, count: 16))
          }
        }
        for count in [17, 64, 90] {
          let gids = AuthsysParms(uid: 0, gid: 0, gids: .init(repeating: 1, count: count))
          try expect(.authError(.AUTH_BADCRED)) { $0.cred = gids.credential }
        }
        let sixteen = AuthsysParms(uid: 0, gid: 0, gids: .init(repeating: 1, count: 16))
        try expect(.garbageArgs) { $0.cred = sixteen.credential }
        try expect(.authError(.AUTH_BADCRED)) {
          $0.cred = OpaqueAuth(flavor: AuthFlavor.sys, body: ByteBuffer())
        }
        try expect(.authError(.AUTH_BADCRED)) {
          $0.cred = OpaqueAuth(flavor: AuthFlavor.none, body: ByteBuffer(repeating: 0, count: 4))
        }
      }
    }
  }
}
