import BlockCache
import Membership
import Testing

@testable import Contents

@Suite struct ContentsMemoryTests {
  /// A view that `members` members told of `versions` versions each.
  private func view(
    members: UInt64, versions: UInt64, _ blocks: (UInt64, UInt64) -> BlockBitmap
  ) throws -> ContentsView {
    var view = ContentsView(
      own: MemberID(rawValue: 0), limits: ContentsLimits(totalBytes: .max, memberBytes: .max))
    for member in 1...members {
      var sequence: UInt64 = 0
      for first in stride(from: UInt64(0), to: versions, by: 200) {
        sequence += 1
        _ = try view.apply(
          ContentsDelta.sample(
            sequence,
            (first..<min(first + 200, versions)).map {
              (version($0), .added(blocks(member, $0)))
            }),
          from: MemberID(rawValue: member), now: .zero)
      }
    }
    #expect(view.versionCount == Int(versions) && view.members.count == Int(members))
    return view
  }

  /// What the view really takes, counted from the capacities of its parts, is at most what it says,
  /// and what it says is at most `bound` and not far off.
  private func expect(_ view: ContentsView, atMost bound: Int) {
    let measured =
      view.claims.measuredBytes
      + view.members.count * (DigestTree.bucketCount * 8 + ContiguousArray<UInt64>.headerBytes)
      + view.views.capacity * MemoryLayout<MemberView?>.stride
    #expect(measured <= view.approximateBytes, "\(measured) bytes")
    #expect(view.approximateBytes <= bound && view.approximateBytes < 3 * measured, "\(measured)")
  }

  @Test(
    "files held whole take 174 bytes each and a member 2,816, whoever holds what",
    arguments: [(3, 10_000), (100, 400), (20, 2000)] as [(UInt64, UInt64)])
  func wholeFiles(members: UInt64, versions: UInt64) throws {
    func bytes(_ members: Int, _ versions: Int) -> Int {
      MemoryLayout<ContentsView>.size + 188_416 + 2816 * members + 174 * versions
    }
    let view = try view(members: members, versions: versions) { _, file in
      BlockBitmap(BlockRun(first: 0, last: UInt32(file % 40)))
    }
    expect(view, atMost: bytes(Int(members), Int(versions)))
    // What nobody waits for in a test: 10,000 files on 100 members.
    #expect(bytes(100, 10_000) < 2_250_000)
  }

  @Test("100 GB in one file, of which each of 100 members holds another half, take 5.6 MB at most")
  func oneLargeFile() {
    var view = ContentsView(own: MemberID(rawValue: 0))
    for member in UInt64(1)...100 {
      // Another half for each: every second block, and a run as long as the member's number.
      var blocks = comb(400_000)
      blocks.formUnion(BlockBitmap(BlockRun(first: 0, last: UInt32(member) * 2)))
      let slot = view.slot(adding: MemberID(rawValue: member)) ?? 0
      view.update(slot, version(1)) { $0 = blocks }
    }
    #expect(view.claims.claims(on: version(1))?.bitmapCount == 100)
    expect(view, atMost: 5_600_000)
  }

  @Test("in many files, an unshared half of each takes 174 bytes a claim and file at most")
  func manyHalves() throws {
    let view = try view(members: 20, versions: 500) { member, _ in
      var blocks = comb(384)
      blocks.insert(UInt32(member) * 2 + 1)
      return blocks
    }
    expect(view, atMost: 300_000 + 500 * 21 * 174)
  }

  @Test("members that hold the same part of a file share one bitmap")
  func sameHalves() throws {
    let view = try view(members: 100, versions: 100) { _, _ in comb(384) }
    expect(view, atMost: 510_000)
  }

  @Test("1,000 members take 208 bytes more a version, and 2,816 each")
  func thousandMembers() throws {
    let view = try view(members: 1000, versions: 100) { _, _ in blocks(0...99) }
    expect(view, atMost: 190_000 + 100 * (174 + 208) + 1000 * 2816)
  }
}
