import BlockCache
import Glibc
import Membership

/// Rendezvous hashing, weighted: of all members the one whose score for a chunk is highest is its
/// home. Whoever knows the same members with the same weights finds the same home without asking,
/// a member that comes takes its share from all others, and one that goes leaves its share to all.
enum Rendezvous {
  /// The score of a member for a chunk: of two members with weights v and w the first has the
  /// higher score for v / (v + w) of all chunks.
  static func score(_ chunk: Chunk, _ member: MemberID, weight: Double) -> Double {
    let bits = mix(chunk.mixed ^ mix(member.rawValue))
    // In (0, 1): 53 bits, and never 0.
    let uniform = (Double(bits >> 11) + 0.5) * 0x1p-53
    return -weight / log(uniform)
  }

  /// A 64-bit mixer with full avalanche (the finaliser of SplitMix64).
  static func mix(_ value: UInt64) -> UInt64 {
    var z = value &+ 0x9e37_79b9_7f4a_7c15
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

extension Chunk {
  /// The file's identity is a hash already: it is mixed with the rest, not hashed again.
  fileprivate var mixed: UInt64 {
    var value = Rendezvous.mix(version.file.high ^ UInt64(number))
    value = Rendezvous.mix(value ^ version.file.low)
    return Rendezvous.mix(value ^ version.change)
  }
}
