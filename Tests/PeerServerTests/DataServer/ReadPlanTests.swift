import BlockCache
import NFSv4
import NIOCore
import ONCRPC
import Testing

@testable import PeerServer

@Suite struct ReadPlanTests {
  private static let blockBytes = 10
  private static let limitBytes = 100
  private static let content = Array(UInt8(0)..<25)

  /// A READ of a file of 25 bytes in blocks of 10.
  private func plan(offset: UInt64, count: UInt32) -> ReadPlan {
    let file = BlockFile(
      handle: NfsFh4(ByteBuffer(string: "file")), change: 1, size: 25,
      blockBytes: Self.blockBytes)
    var plan = ReadPlan(
      handle: nil, arguments: READ4args(stateid: .anonymous, offset: offset, count: count))
    plan.grant = Grant(
      id: 1, file: file, clientid: 1, proxyStateid: .zero, expires: .seconds(1))
    let range = plan.blockRange(
      size: 25, blockBytes: Self.blockBytes, limitBytes: Self.limitBytes)
    guard let range else { return plan }
    plan.firstBlock = range.lowerBound
    plan.blocks = range.map { index in
      let start = Int(index) * Self.blockBytes
      return ByteBuffer(bytes: Self.content[start..<min(start + Self.blockBytes, 25)])
    }
    return plan
  }

  private func result(_ plan: ReadPlan) -> (bytes: [UInt8], eof: Bool)? {
    let outcome = plan.outcome(blockBytes: Self.blockBytes, limitBytes: Self.limitBytes)
    guard case .data(let slices, let eof) = outcome else { return nil }
    return (slices.flatMap { Array($0.readableBytesView) }, eof)
  }

  @Test("every offset and count gives the file's own bytes, and eof at its end")
  func everyRange() throws {
    for offset in 0...30 {
      for count in 0...40 {
        let plan = plan(offset: UInt64(offset), count: UInt32(count))
        let (bytes, eof) = try #require(result(plan))
        #expect(bytes == Array(Self.content.dropFirst(offset).prefix(count)))
        #expect(eof == (offset + bytes.count >= 25))
      }
    }
  }

  @Test("a READ at the largest offset is empty and at the end")
  func largestOffset() throws {
    let (bytes, eof) = try #require(result(plan(offset: .max, count: .max)))
    #expect(bytes.isEmpty)
    #expect(eof)
  }

  @Test("a READ with a block missing is NFS4ERR_PNFS_NO_LAYOUT")
  func missing() {
    var plan = plan(offset: 5, count: 20)
    plan.blocks[1] = nil
    #expect(result(plan) == nil)
  }

  @Test("a READ without a grant is NFS4ERR_PNFS_NO_LAYOUT")
  func noGrant() {
    var plan = plan(offset: 5, count: 20)
    plan.grant = nil
    let outcome = plan.outcome(blockBytes: Self.blockBytes, limitBytes: Self.limitBytes)
    guard case .refused(.NFS4ERR_PNFS_NO_LAYOUT) = outcome else {
      Issue.record("\(outcome)")
      return
    }
  }

  @Test("a block that is shorter than the file says is never answered from")
  func shortBlock() {
    var plan = plan(offset: 0, count: 25)
    plan.blocks[0] = ByteBuffer(bytes: [1, 2, 3])
    #expect(result(plan) == nil)
  }

  @Test("what PROXY_OPEN ends with is answered with a status that stock clients take well")
  func statuses() {
    let allowed: Set<Nfsstat4> = [
      .NFS4ERR_PNFS_NO_LAYOUT, .NFS4ERR_ACCESS, .NFS4ERR_STALE, .NFS4ERR_BADHANDLE,
    ]
    for value in UInt32(1)...11000 {
      guard let status = Nfsstat4(rawValue: value) else { continue }
      #expect(allowed.contains(GrantBroker.answer(to: status)))
    }
  }
}
