import BlockCache
import NFSv4
import NIOCore
import Testing

@testable import PeerServer

@Suite struct FetchQueueTests {
  private let first = GrantTableTests.file("first")
  private let second = GrantTableTests.file("second")

  @Test("what somebody waits for goes before what is fetched ahead")
  func demandFirst() {
    var queue = FetchQueue(limit: 100)
    let value1 = queue.append(7, of: first, isDemand: false)
    #expect(value1)
    let value2 = queue.append(1, of: second, isDemand: true)
    #expect(value2)
    let value3 = queue.next(blockLimit: 8)
    #expect(value3 == .init(file: second, indices: [1]))
    let value4 = queue.next(blockLimit: 8)
    #expect(value4 == .init(file: first, indices: [7]))
    let value5 = queue.next(blockLimit: 8)
    #expect(value5 == nil)
  }

  @Test("files take turns")
  func turns() {
    var queue = FetchQueue(limit: 100)
    for index in UInt32(0)..<4 { _ = queue.append(index, of: first, isDemand: true) }
    _ = queue.append(9, of: second, isDemand: true)
    let value6 = queue.next(blockLimit: 2)
    #expect(value6?.indices == [0, 1])
    let value7 = queue.next(blockLimit: 2)
    #expect(value7?.file == second)
    let value8 = queue.next(blockLimit: 2)
    #expect(value8?.indices == [2, 3])
  }

  @Test("a block that is fetched ahead is promoted when somebody waits for it")
  func promotes() {
    var queue = FetchQueue(limit: 100)
    for index in UInt32(0)..<4 { _ = queue.append(index, of: first, isDemand: false) }
    queue.promote(3, of: first.version)
    let value9 = queue.next(blockLimit: 8)
    #expect(value9?.indices == [3])
    let value10 = queue.next(blockLimit: 8)
    #expect(value10?.indices == [0, 1, 2])
  }

  @Test("at the limit blocks are refused until others were taken")
  func limit() {
    var queue = FetchQueue(limit: 2)
    let value11 = queue.append(0, of: first, isDemand: true)
    #expect(value11)
    let value12 = queue.append(1, of: first, isDemand: false)
    #expect(value12)
    let value13 = queue.append(2, of: first, isDemand: true)
    #expect(!value13)
    _ = queue.next(blockLimit: 8)
    let value14 = queue.append(2, of: first, isDemand: true)
    #expect(value14)
    #expect(queue.count == 2)
  }
}
