import BlockCache
import Contents
import Membership

@testable import Placement

/// A generator that gives the same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }
}

/// Bytes of a block in these tests.
let blockBytes = 256 * 1024

/// The metadata server.
let mds = MemberID(9000)

func member(_ number: UInt64) -> MemberID { MemberID(number) }

func neighbor(
  _ number: UInt64, zone: String? = nil, rack: String? = nil, isServing: Bool = true
) -> Neighbor {
  Neighbor(
    id: member(number), locality: Locality(zone: zone, rack: rack), isServing: isServing)
}

/// Version 1 of file number `file`.
func version(_ file: UInt64) -> FileVersion {
  FileVersion(file: FileID(high: ~file, low: file), change: 1)
}

func chunk(_ file: UInt64, _ number: UInt32 = 0) -> Chunk {
  Chunk(version: version(file), number: number)
}

func exchanged(_ file: UInt64, blocks: UInt32 = 4) -> ExchangedFile {
  ExchangedFile(
    version: version(file), handle: [7], size: UInt64(blocks) * UInt64(blockBytes),
    blockBytes: blockBytes)
}

/// A file the home of whose first chunk is `home`, among members that all stand in one place.
func exchanged(at home: UInt64, among members: [UInt64], blocks: UInt32 = 4) -> ExchangedFile {
  for file in UInt64(1)... {
    let best = members.max {
      Rendezvous.score(chunk(file), member($0), weight: 1)
        < Rendezvous.score(chunk(file), member($1), weight: 1)
    }
    if best == home { return exchanged(file, blocks: blocks) }
  }
  preconditionFailure("\(home) is none of the members")
}

extension ExchangedFile {
  func key(_ index: UInt32) -> BlockKey { BlockKey(version: version, index: index) }
}

extension Neighborhood {
  init(own: UInt64, of members: [Neighbor]) {
    self.init(own: members.first { $0.id == member(own) } ?? neighbor(own))
    for member in members { insert(member) }
  }
}

extension ContentsView {
  /// A member, in another life each time, says that it holds these blocks.
  mutating func learn(_ member: MemberID, holds keys: [BlockKey]) throws {
    var holdings = Holdings(generation: (summary(of: member)?.generation ?? 0) + 1)
    for key in keys { holdings.insert(key) }
    while let delta = holdings.takeDelta(limitBytes: 900) {
      _ = try apply(delta, from: member, now: .zero)
    }
  }
}
