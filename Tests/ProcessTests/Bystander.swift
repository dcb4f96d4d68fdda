import Glibc
import Lab
import NFSv4
import NIOCore
import Synchronization

/// A file that is read at a peer: opened and laid out at the metadata server, with a session at
/// each. For one thread.
struct PeerReader {
  let atMDS: RawClient
  let atPeer: RawClient
  /// For the data server.
  let handle: NfsFh4
  let stateid: Stateid4

  init(_ cluster: Cluster, owner: String, file: String = "large") throws {
    atMDS = try RawClient(try RawConnection(to: cluster.mdsNode.address), owner: owner)
    let opened = try atMDS.open(file)
    stateid = opened.stateid
    var routed: NfsFh4?
    // A file is not given to peers in the first moments after a change.
    for _ in 0..<200 where routed == nil {
      routed = try atMDS.layout(opened.handle, stateid)
      if routed == nil { usleep(50_000) }
    }
    guard let routed else {
      let status = atMDS.layoutRefusal.map { "\($0)" } ?? "none"
      throw ProcessTestError("no layout for \(file): \(status)")
    }
    handle = routed
    atPeer = try RawClient(try RawConnection(to: cluster.peerNode.address), owner: owner)
  }

  func read(offset: UInt64 = 0, count: UInt32 = 64) throws -> [UInt8] {
    try atPeer.read(handle, stateid, offset: offset, count: count)
  }
}

/// Which daemon is meant.
enum Target: String, CaseIterable, Sendable {
  case mds, peer
}

/// A flag between threads.
final class Flag: Sendable {
  private let value = Atomic<Bool>(false)
  var isSet: Bool { value.load(ordering: .acquiring) }
  func set() { value.store(true, ordering: .releasing) }
}

extension Cluster {
  func node(of target: Target) -> Node { target == .mds ? mdsNode : peerNode }

  /// The contents of `large`.
  static func largeByte(_ index: Int) -> UInt8 {
    UInt8(truncatingIfNeeded: index &* 31 &+ index >> 12)
  }

  /// Runs `body` while a well-behaved client reads at a server, over and over, on a connection of
  /// its own: every answer has to be there and right.
  func withBystander<Value: Sendable>(
    at target: Target, _ body: () async throws -> Value
  ) async throws -> Value {
    let (stop, started) = (Flag(), Flag())
    async let answers = mdsNode.inside {
      try read(at: target, until: stop, started)
    }
    let value: Value
    do {
      while !started.isSet { await Task.yield() }
      value = try await body()
    } catch {
      stop.set()
      _ = try? await answers
      throw error
    }
    stop.set()
    guard try await answers > 0 else { throw ProcessTestError("the bystander got no answer") }
    return value
  }

  private func read(at target: Target, until stop: Flag, _ started: Flag) throws -> Int {
    defer { started.set() }
    let wanted = (0..<64).map { Self.largeByte(1 << 20 | $0) }
    var count = 0
    switch target {
    case .mds:
      let client = try RawClient(try RawConnection(to: mdsNode.address), owner: "bystander")
      let handle = try client.lookup("large")
      while !stop.isSet {
        guard try client.read(handle, offset: 1 << 20) == wanted else {
          throw ProcessTestError("the bystander read something else")
        }
        count += 1
        started.set()
        usleep(2_000)
      }
    case .peer:
      let reader = try PeerReader(self, owner: "bystander")
      while !stop.isSet {
        guard try reader.read(offset: 1 << 20) == wanted else {
          throw ProcessTestError("the bystander read something else")
        }
        count += 1
        started.set()
        usleep(2_000)
      }
    }
    return count
  }
}
