import Membership

/// A generator whose numbers follow from its seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// The endpoint of the node of a number: 10.x.y.1, port 7946.
func endpoint(_ index: Int, port: UInt16 = 7946) -> GossipEndpoint {
  let bytes: [UInt8] = [10, UInt8(index >> 8 & 0xff), UInt8(index & 0xff), 1]
  guard let endpoint = GossipEndpoint(address: bytes, port: port) else {
    preconditionFailure("four bytes are an address")
  }
  return endpoint
}

/// The record of the node of a number.
func record(_ index: Int, boot: UInt64? = nil) -> MemberRecord {
  MemberRecord(
    id: MemberID(UInt64(index) &+ 1), name: "node-\(index)", role: index == 0 ? .mds : .peer,
    gossip: endpoint(index), service: endpoint(index, port: 2049), zone: "east",
    rack: "r\(index / 16)", node: "n\(index)", flags: .serving,
    boot: boot ?? 0xb007_0000_0000 + UInt64(index))
}
