import Foundation
import Glibc
import Lab
import NFSv4
import NIOCore
import ONCRPC
import Testing

extension StockClients {
  /// Who may not read a file gets nothing of it: neither from the MDS nor from a data server.
  @Suite(
    "Refusal", .serialized, .timeLimit(.minutes(3)),
    .cluster(
      fileCount: 20, byteCount: 1_000_000, squash: "none",
      files: [
        MadeFile(path: "private/first", byteCount: 300_000, mode: 0o640),
        MadeFile(path: "private/second", byteCount: 300_000, mode: 0o640),
      ]))
  struct RefusalTests {
    /// Reads by a supplementary group that the files have: the one group that there is where the
    /// tests run in a user namespace, and no user of that namespace is needed for it.
    private static let member = Guest.User(uid: 1234, gid: 1234, groups: [0])
    private static let stranger = Guest.User(uid: 1235, gid: 1235, groups: [7])
    private static let memberCall = AuthsysParms(uid: 1234, gid: 1234, gids: [0])
    private static let strangerCall = AuthsysParms(uid: 1235, gid: 1235, gids: [7])
    private static let byteCount = 300_000
    private static let folder = "\(Cluster.mountPoint)/private"

    @Test("a user without permission is refused by the mount, before and after it is cached")
    func mount() async throws {
      let cluster = try SharedCluster.get()
      try await cluster.peer(0)
      let guest = try await cluster.client(0)
      let expected = try await cluster.expected("md5sum first", in: "private")
      for _ in 0..<2 {
        let refused = try await guest.run("cat \(Self.folder)/first", as: Self.stranger)
        #expect(refused.status != 0)
        #expect(refused.outputBytes.isEmpty)
        #expect(refused.error.contains("Permission denied"))
        let read = try await guest.run("md5sum \(Self.folder)/first", as: Self.member)
        #expect(read.status == 0)
        #expect(read.output.hasPrefix(expected.prefix(32)))
      }
    }

    @Test("a READ with a filehandle and stateid copied off the wire is refused, at the data server")
    func dataServer() async throws {
      let cluster = try SharedCluster.get()
      let peer = try await cluster.peer(0)
      let stolen = try await steal(cluster)
      let (first, second) = (stolen.first, stolen.second)
      let expected = try Data(
        contentsOf: URL(fileURLWithPath: cluster.exportPath + "/private/first"))
      let before = try await peer.status(as: NodeStatus.self)

      let (owner, minorversion, sequence) = (stolen.owner, stolen.minorversion, stolen.sequence)
      let connection = try await cluster.nodes[1].connect(
        to: cluster.nodes[0].address, port: 2049)
      let outcomes = try await cluster.nodes[1].inside {
        defer { close(connection) }
        // The client's own identity, as anybody can copy it.
        var client = try WireClient(
          over: connection, owner: owner, flags: [.USE_PNFS_DS], minorversion: minorversion,
          sequence: sequence)
        var madeUp = first.stateid
        madeUp.other.low ^= 0x5a5a_5a5a
        let outcomes = [
          "the reader itself": try client.read(
            first.handle, stateid: first.stateid, as: Self.memberCall),
          "another user": try client.read(
            first.handle, stateid: first.stateid, as: Self.strangerCall),
          "the reader without the group": try client.read(
            first.handle, stateid: first.stateid, as: AuthsysParms(uid: 1234, gid: 1234)),
          "nobody in particular": try client.read(
            first.handle, stateid: first.stateid, as: AuthsysParms(uid: 65534, gid: 65534)),
          "a made-up stateid": try client.read(
            first.handle, stateid: madeUp, as: Self.memberCall),
          "the anonymous stateid": try client.read(
            first.handle, stateid: .anonymous, as: Self.memberCall),
          "the stateid that reads past locks": try client.read(
            first.handle, stateid: .readBypass, as: Self.memberCall),
          "another file's handle": try client.read(
            second.handle, stateid: first.stateid, as: Self.memberCall),
          "another file's stateid": try client.read(
            first.handle, stateid: second.stateid, as: Self.memberCall),
          "the reader once more": try client.read(
            first.handle, stateid: first.stateid, as: Self.memberCall),
        ]
        try client.end()
        return outcomes
      }
      let own = try await cluster.nodes[1].connect(to: cluster.nodes[0].address, port: 2049)
      let stranger = try await cluster.nodes[1].inside {
        defer { close(own) }
        var client = try WireClient(
          over: own, owner: ClientOwner4(verifier: 1, ownerid: Array("thief".utf8)),
          flags: [.USE_PNFS_DS], minorversion: minorversion)
        return [
          try client.read(first.handle, stateid: first.stateid, as: Self.memberCall),
          try client.read(first.handle, stateid: first.stateid, as: Self.strangerCall),
        ]
      }
      let after = try await peer.status(as: NodeStatus.self)

      let right = WireClient.Outcome.data(Array(expected.prefix(4096)))
      for (who, outcome) in outcomes {
        if who == "the reader itself" || who == "the reader once more" {
          let isRight = outcome == right
          #expect(isRight, "\(who)")
        } else {
          #expect(isRefusal(outcome), "\(who)")
        }
      }
      for outcome in stranger {
        #expect(isRefusal(outcome), "another client")
      }
      #expect(after.readBytes - before.readBytes == 2 * 4096)
      stolen.job.kill()
      _ = try await stolen.job.output(within: .seconds(10))
    }

    @Test("the same READs are refused at the MDS")
    func metadataServer() async throws {
      let cluster = try SharedCluster.get()
      try await cluster.peer(0)
      let stolen = try await steal(cluster)
      let minorversion = stolen.minorversion
      // What a data server's handle carries behind its routing cookie is the MDS's own.
      let handle = NfsFh4(
        ByteBuffer(bytes: stolen.first.handle.bytes.readableBytesView.dropFirst(8)))
      let stateid = stolen.first.stateid
      let before = try await cluster.mdsStatus()
      let connection = try await cluster.nodes[1].connect(
        to: cluster.mdsNode.address, port: 2049)
      let outcomes = try await cluster.nodes[1].inside {
        defer { close(connection) }
        var client = try WireClient(
          over: connection, owner: ClientOwner4(verifier: 2, ownerid: Array("thief".utf8)),
          flags: [], minorversion: minorversion)
        return [
          "the member": try client.read(handle, stateid: .anonymous, as: Self.memberCall),
          "another user": try client.read(handle, stateid: .anonymous, as: Self.strangerCall),
          "another user with the stateid": try client.read(
            handle, stateid: stateid, as: Self.strangerCall),
          "another client with the stateid": try client.read(
            handle, stateid: stateid, as: Self.memberCall),
        ]
      }
      let expected = try Data(
        contentsOf: URL(fileURLWithPath: cluster.exportPath + "/private/first"))
      let isRight = outcomes["the member"] == .data(Array(expected.prefix(4096)))
      #expect(isRight)
      #expect(outcomes["another user"] == .refused(.NFS4ERR_ACCESS))
      for who in ["another user with the stateid", "another client with the stateid"] {
        #expect(
          outcomes[who] == .refused(.NFS4ERR_ACCESS)
            || outcomes[who] == .refused(.NFS4ERR_BAD_STATEID), "\(who)")
      }
      #expect(try await cluster.mdsStatus().readBytes - before.readBytes == 4096)
      stolen.job.kill()
      _ = try await stolen.job.output(within: .seconds(10))
    }

    /// By which a stock client knows that it has to ask the MDS.
    private func isRefusal(_ outcome: WireClient.Outcome) -> Bool {
      outcome == .refused(.NFS4ERR_ACCESS) || outcome == .refused(.NFS4ERR_PNFS_NO_LAYOUT)
    }

    private struct Stolen: Sendable {
      var owner: ClientOwner4
      var minorversion: UInt32
      var sequence: UInt32
      var first: (handle: NfsFh4, stateid: Stateid4)
      var second: (handle: NfsFh4, stateid: Stateid4)
      /// Holds the files open.
      var job: Guest.Job
    }

    /// Lets a member read both files through its data server, and takes what the READs carried off
    /// the wire.
    private func steal(_ cluster: Cluster) async throws -> Stolen {
      let node = cluster.nodes[0]
      let guest = try await cluster.client(0)
      try await guest.unmount(Cluster.mountPoint)
      let capture = try await Capture.start(
        "steal\(UInt32.random(in: 0 ... .max))", on: node, interface: "br0",
        filter: "tcp port 2049")
      try await guest.mount(
        cluster.mdsNode.address, path: Cluster.pseudoPath, at: Cluster.mountPoint)
      try await guest.dropCaches()
      // The first file is read before the second is opened, so the READs come in this order.
      let job = try guest.start(
        """
        (
          exec 3<\(Self.folder)/first && head -c \(Self.byteCount) <&3 >/dev/null &&
          exec 4<\(Self.folder)/second && head -c \(Self.byteCount) <&4 >/dev/null &&
          touch /tmp/open && exec sleep 1000
        ) || touch /tmp/open
        """, as: Self.member)
      try await guest.check("until [ -e /tmp/open ]; do sleep 0.05; done; rm -f /tmp/open")
      try await capture.stop()
      let record = try await WireRecord.of(
        capture, from: guest.address, to: node.address, on: node)
      let reads = record.reads
      guard let owner = record.owner, let sequence = record.createSequence,
        let first = reads.first,
        let second = reads.first(where: { $0.handle != first.handle })
      else { throw LabError("the record has no session or not both READs: \(record)") }
      return Stolen(
        owner: owner, minorversion: record.minorversion, sequence: sequence &+ 1,
        first: (first.handle, first.arguments.stateid),
        second: (second.handle, second.arguments.stateid), job: job)
    }
  }
}
