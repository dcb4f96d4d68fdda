import Foundation
import Lab
import NFSv4
import Testing

extension StockClients {
  /// What another implementation of the protocol makes of every packet.
  @Suite(
    "Dissection", .serialized, .timeLimit(.minutes(4)),
    .cluster(
      fileCount: 150, byteCount: 12_000_000,
      files: [MadeFile(path: "private/secret", byteCount: 100_000, mode: 0o640)]))
  struct DissectionTests {
    @Test(
      "tshark knows every field of every packet of a whole run, apart from the private operations")
    func dissection() async throws {
      let cluster = try SharedCluster.get()
      let guests = cluster.guests.map(\.address)
      let peers = cluster.nodes.map(\.address)
      let clients = guests.map { "host \($0)" }.joined(separator: " or ")
      let fromClients = try await Capture.start(
        "clients", on: cluster.mdsNode, filter: "tcp and (\(clients))")
      let fromPeers = try await Capture.start(
        "peers", on: cluster.mdsNode,
        filter: "tcp port 2049 and (\(peers.map { "host \($0)" }.joined(separator: " or ")))")
      var atPeers: [Capture] = []
      for (index, node) in cluster.nodes.enumerated() {
        atPeers.append(
          try await Capture.start(
            "peer\(index)", on: node, interface: "br0",
            filter: "tcp port 2049 and not host \(cluster.mdsNode.address)"))
      }

      try await run(cluster)

      for capture in atPeers + [fromClients, fromPeers] {
        #expect(try await capture.stop().dropped == 0)
      }
      // Between clients and servers nothing is private.
      let metadata = try await fromClients.dissection()
      #expect(metadata.complaints.isEmpty)
      #expect(metadata.messageCount > 1000)
      let fore: [NfsOpnum4] = [
        .OP_EXCHANGE_ID, .OP_CREATE_SESSION, .OP_RECLAIM_COMPLETE, .OP_SEQUENCE, .OP_PUTROOTFH,
        .OP_LOOKUP, .OP_GETATTR, .OP_ACCESS, .OP_READDIR, .OP_READLINK, .OP_OPEN, .OP_LAYOUTGET,
        .OP_GETDEVICEINFO, .OP_CLOSE, .OP_DESTROY_SESSION, .OP_DESTROY_CLIENTID,
      ]
      for operation in fore {
        #expect(metadata.operationCounts[Int(operation.rawValue)] ?? 0 > 0, "\(operation)")
      }
      let callbacks = try await operations("nfs.cb.operation", fromClients, on: cluster.mdsNode)
      #expect(callbacks.contains(NfsCbOpnum4.OP_CB_LAYOUTRECALL.rawValue))
      for (index, capture) in atPeers.enumerated() {
        let data = try await capture.dissection()
        #expect(data.complaints.isEmpty, "at peer \(index + 1)")
        #expect(data.operationCounts[Int(NfsOpnum4.OP_READ.rawValue)] ?? 0 >= 2 * 150)
      }
      try await checkPeers(fromPeers, on: cluster.mdsNode)
    }

    /// Everything that makes packets of its own kind.
    private func run(_ cluster: Cluster) async throws {
      try await cluster.peer(0)
      try await cluster.peer(1)
      let checksums = try await cluster.expected(Look.checksums)
      for (index, version) in ["4.1", "4.2"].enumerated() {
        let guest = try await cluster.client(index, options: "vers=\(version)")
        for command in [Look.list, Look.stat] {
          _ = try await cluster.seen(command, by: guest)
        }
        for _ in 0..<2 {
          #expect(try await cluster.seen(Look.checksums, by: guest) == checksums)
          try await guest.dropCaches()
        }
        // Its owner is root, who is nobody here.
        for user in [Guest.User(uid: 1235, gid: 1235), Guest.User(uid: 0, gid: 0)] {
          let refused = try await guest.run("cat \(Cluster.mountPoint)/private/secret", as: user)
          #expect(refused.status != 0)
          #expect(refused.error.contains("Permission denied"))
        }
        let written = try await guest.run("touch \(Cluster.mountPoint)/new")
        #expect(written.error.contains("Read-only file system"))
        _ = try await guest.check("df \(Cluster.mountPoint); df -i \(Cluster.mountPoint)")
      }
      // A peer that goes takes its layouts with it; one that comes brings its own.
      let holder = try cluster.guests[0].start(
        "exec 3<\(Cluster.mountPoint)/tree/odd/noise; head -c 4096 <&3 >/dev/null; "
          + "touch /tmp/held; until [ -e /tmp/go ]; do sleep 0.05; done; md5sum <&3")
      try await cluster.guests[0].check("until [ -e /tmp/held ]; do sleep 0.05; done")
      try await cluster.stopPeer(0)
      try await cluster.guests[0].check("touch /tmp/go")
      #expect(try await holder.output().status == 0)
      try await cluster.peer(0)
      try await cluster.guests[0].dropCaches()
      #expect(
        try await cluster.seen(Look.checksums, by: cluster.guests[0]) == checksums)
      for guest in cluster.guests { try await guest.unmount(Cluster.mountPoint) }
      try await cluster.stopPeer(1)
    }

    /// Between peers and the MDS the private operations are the only ones that tshark does
    /// not know.
    private func checkPeers(_ capture: Capture, on node: Node) async throws {
      let isPrivate =
        "(nfs.opcode >= 0x50325000 || nfs.cb.operation >= 0x50325000"
        + " || rpc.program == 0x20503250)"
      let complaints = try await node.run(
        [
          "sh", "-c",
          #"""
          tshark -n -r "$0" -d tcp.port==1-1023,rpc -V -Y "(rpc || _ws.malformed) && !$1" |
            grep -aE '^Frame [0-9]+:|[Uu]nknown|Malformed Packet|Expert Info .Error' |
            grep -av 'Name: Unknown' |
            awk '/^Frame [0-9]+:/ { frame = $2; next } n++ < 100 { print frame, $0 }'
          """#, capture.path, isPrivate,
        ], within: .seconds(60))
      #expect(complaints == "")
      let seen = try await operations("nfs.opcode", capture, on: node)
      let known: [NfsOpnum4] = [
        .OP_EXCHANGE_ID, .OP_CREATE_SESSION, .OP_SEQUENCE, .OP_REGISTER_DS, .OP_PROXY_OPEN,
        .OP_UNREGISTER_DS,
      ]
      for operation in known {
        #expect(seen.contains(operation.rawValue), "\(operation)")
      }
      let callbacks = try await operations("nfs.cb.operation", capture, on: node)
      #expect(callbacks.contains(NfsCbOpnum4.OP_CB_PROXY_REVOKE.rawValue))
    }

    /// The operation numbers that a field of tshark's has in a record.
    private func operations(
      _ field: String, _ capture: Capture, on node: Node
    ) async throws -> Set<UInt32> {
      let numbers = try await node.run(
        [
          "tshark", "-n", "-r", capture.path, "-d", "tcp.port==1-1023,rpc", "-Y", field,
          "-T", "fields", "-e", field,
        ], within: .seconds(60))
      return Set(numbers.split { $0 == "\n" || $0 == "," }.compactMap { UInt32($0) })
    }
  }
}
