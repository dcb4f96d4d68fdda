import BlockCache
import Glibc
import Logging
import NIOCore
import Testing

@testable import PeerServer

@Suite struct BlockStoreDiskTests {
  private let scratch = ScratchDirectory()
  private let io = FailingBlockFileIO()
  private let counts = CountingLogHandler.Counts()

  private func open(floorBytes: Int = 0, retryAfter: Duration = .zero) throws -> BlockStore {
    var options = BlockStore.Options()
    options.io = io
    options.retryAfter = retryAfter
    options.segmentBytes = 64 << 10
    return try BlockStore.open(
      directory: scratch.cache, quotaBytes: 4 << 20, freeSpaceFloorBytes: floorBytes,
      logger: Logger(label: "test") { _ in CountingLogHandler(counts: counts) },
      options: options)
  }

  private var warnings: Int { counts.warnings.load(ordering: .relaxed) }

  @Test(
    "a full disk passes through with one warning, serves what it has, and recovers",
    arguments: [
      ENOSPC, EIO, EDQUOT, EFBIG,
    ])
  func full(code: CInt) throws {
    let store = try open()
    store.put(key(1))
    store.flush()
    io.writeErrno.store(code, ordering: .relaxed)
    io.tornBytes.store(500, ordering: .relaxed)
    for index in 0..<5 as Range<UInt32> {
      store.put(key(3, index))
      store.flush()
    }
    #expect(store.statistics.passThrough && store.statistics.drops == 5)
    #expect(warnings == 1)
    #expect(store.read(key(1)) == block(key(1)))
    #expect(store.read(key(3)) == nil)
    io.writeErrno.store(0, ordering: .relaxed)
    store.put(key(5))
    store.flush()
    #expect(!store.statistics.passThrough)
    #expect(store.read(key(5)) == block(key(5)))
    store.close()
    let again = try open()
    #expect(again.read(key(1)) == block(key(1)) && again.read(key(5)) == block(key(5)))
    #expect(again.statistics.damaged == 0)
    again.close()
  }

  @Test("half a record that cannot be cut off ends its segment")
  func tornForGood() throws {
    let store = try open()
    store.put(key(1))
    store.flush()
    io.writeErrno.store(EIO, ordering: .relaxed)
    io.truncateErrno.store(EIO, ordering: .relaxed)
    io.tornBytes.store(500, ordering: .relaxed)
    store.put(key(3))
    store.flush()
    io.writeErrno.store(0, ordering: .relaxed)
    io.truncateErrno.store(0, ordering: .relaxed)
    store.put(key(5))
    store.flush()
    let killed = scratch.snapshot("killed")
    store.close()
    for path in [killed, scratch.cache] {
      let again = try BlockStore.open(
        directory: path, quotaBytes: 4 << 20, freeSpaceFloorBytes: 0, logger: quiet)
      #expect(again.read(key(1)) == block(key(1)) && again.read(key(5)) == block(key(5)))
      #expect(again.read(key(3)) == nil)
      again.close()
    }
  }

  @Test("until the retry is due a failed disk is left alone")
  func backOff() throws {
    let store = try open(retryAfter: .seconds(1_000_000))
    io.writeErrno.store(ENOSPC, ordering: .relaxed)
    store.put(key(1))
    while store.statistics.waitingBytes > 0 { store.writer.sync {} }
    let writes = io.writeCount.load(ordering: .relaxed)
    for index in 0..<50 as Range<UInt32> { store.put(key(3, index)) }
    store.writer.sync {}
    #expect(io.writeCount.load(ordering: .relaxed) == writes)
    #expect(store.statistics.drops == 51 && warnings == 1)
    #expect(store.statistics.waitingBytes == 0)
    store.close()
  }

  @Test("a disk that cannot be read is a miss, never a failure, and worth one warning")
  func unreadable() throws {
    let store = try open()
    for index in 0..<5 as Range<UInt32> { store.put(key(1, index)) }
    store.flush()
    io.readErrno.store(EIO, ordering: .relaxed)
    for index in 0..<5 as Range<UInt32> { #expect(store.read(key(1, index)) == nil) }
    #expect(store.statistics.misses == 5 && store.statistics.damaged == 5)
    #expect(warnings == 1)
    store.close()
  }

  @Test("below the free-space floor nothing is stored")
  func floor() throws {
    let store = try open(floorBytes: 1 << 20)
    io.reportedFreeBytes.store(1 << 20, ordering: .relaxed)
    store.put(key(1))
    store.flush()
    #expect(store.read(key(1)) == nil)
    #expect(store.statistics.passThrough && warnings == 1)
    io.reportedFreeBytes.store(64 << 20, ordering: .relaxed)
    store.put(key(1))
    store.flush()
    #expect(store.read(key(1)) == block(key(1)))
    store.close()
  }

  @Test(
    "on a file system that is really full reads go on, and so do writes once there is room",
    .enabled(if: SmallFileSystem() != nil, "mounting a file system needs root"))
  func reallyFull() throws {
    let small = try #require(SmallFileSystem())
    var options = BlockStore.Options()
    options.retryAfter = .zero
    options.segmentBytes = 64 << 10
    let store = try BlockStore.open(
      directory: small.path + "/cache", quotaBytes: 64 << 20, freeSpaceFloorBytes: 0,
      logger: Logger(label: "test") { _ in CountingLogHandler(counts: counts) },
      options: options)
    // More than fits: the oldest blocks make room for the youngest.
    for index in 0..<300 as Range<UInt32> {
      store.put(key(1, index))
      if index % 10 == 0 { store.flush() }
    }
    store.flush()
    #expect(store.read(key(1, 299)) == block(key(1, 299)))
    #expect(store.statistics.damaged == 0 && store.statistics.evicted > 0)
    // Somebody else takes all that is left, and what the cache gives back.
    let file = try OpenFile(path: small.path + "/other", flags: O_RDWR | O_CREAT)
    let zeros = ByteBuffer(repeating: 0, count: 4096)
    var offset = 0
    for index in 0..<200 as Range<UInt32> {
      while (try? io.system.write(zeros, ByteBuffer(), to: file.descriptor, at: offset)) != nil {
        offset += 4096
      }
      store.put(key(3, index))
      store.writer.sync {}
    }
    while store.statistics.waitingBytes > 0 { store.writer.sync {} }
    #expect(store.statistics.drops > 0 && warnings > 0)
    for index in 0..<300 as Range<UInt32> {
      if let read = store.read(key(1, index)) { #expect(read == block(key(1, index))) }
    }
    try io.system.truncate(file.descriptor, to: 0)
    store.put(key(5))
    store.flush()
    #expect(store.read(key(5)) == block(key(5)))
    #expect(!store.statistics.passThrough)
    store.close()
  }
}
