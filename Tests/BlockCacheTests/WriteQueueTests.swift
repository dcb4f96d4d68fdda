import NIOCore
import Testing

@testable import BlockCache

@Suite struct WriteQueueTests {
  private let block = StoredBlock.packing(noise(1024))
  private let chargeBytes = 1024 + WriteQueue.blockOverheadBytes

  @Test("a full queue refuses and counts, and never holds more than its limit")
  func limit() {
    var queue = WriteQueue(limitBytes: 3 * chargeBytes)
    let accepted = (0..<5).map { queue.offer(block, for: key($0)) }
    #expect(accepted == [true, true, true, false, false])
    #expect(queue.bytes == 3 * chargeBytes && queue.droppedCount == 2)
    #expect(queue.take()?.key == key(0))
    #expect(queue.offer(block, for: key(5)) == false)
    #expect(queue.finish() == true)
    #expect(queue.offer(block, for: key(5)) == true)
  }

  @Test("a block can be read while it waits and while it is written, and comes out once")
  func order() {
    var queue = WriteQueue(limitBytes: 1 << 20)
    #expect(queue.offer(block, for: key(1)) == true)
    #expect(queue.offer(block, for: key(1)) == false)
    #expect(queue.offer(block, for: key(2)) == true)
    #expect(queue.block(for: key(1)) == block)
    #expect(queue.take()?.key == key(1))
    #expect(queue.take() == nil)
    #expect(queue.block(for: key(1)) == block)
    #expect(queue.finish() == true)
    #expect(queue.finish() == false)
    #expect(queue.block(for: key(1)) == nil)
    #expect(queue.take()?.key == key(2))
    #expect(queue.finish() == true)
    #expect(queue.take() == nil)
    #expect(queue.bytes == 0 && queue.count == 0)
  }

  @Test("a removed block is not written, and one being written is cancelled")
  func removal() {
    var queue = WriteQueue(limitBytes: 1 << 20)
    for file in 1...3 { #expect(queue.offer(block, for: key(UInt64(file))) == true) }
    #expect(queue.take()?.key == key(1))
    queue.remove { $0 != key(3) }
    #expect(queue.block(for: key(1)) == nil && queue.block(for: key(2)) == nil)
    #expect(queue.finish() == false)
    #expect(queue.take()?.key == key(3))
    #expect(queue.finish() == true)
    #expect(queue.bytes == 0)
  }

  @Test("a block that comes back after its removal is written again")
  func again() {
    var queue = WriteQueue(limitBytes: 1 << 20)
    #expect(queue.offer(block, for: key(1)) == true)
    queue.remove { _ in true }
    #expect(queue.offer(block, for: key(1)) == true)
    #expect(queue.take()?.key == key(1))
    #expect(queue.finish() == true)
  }
}
