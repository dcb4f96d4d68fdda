import BlockCache
import Dispatch
import Glibc
import NIOCore
import Testing

@testable import PeerServer

@Suite struct BlockStoreTests {
  private let scratch = ScratchDirectory()

  private func open(
    quotaBytes: Int = 64 << 20, _ options: BlockStore.Options = BlockStore.Options()
  ) throws -> BlockStore {
    try BlockStore.open(
      directory: scratch.cache, quotaBytes: quotaBytes, freeSpaceFloorBytes: 0, logger: quiet,
      options: options)
  }

  @Test("a block is read as it was stored, before it is written and after")
  func roundTrip() throws {
    let store = try open()
    for file in 1...2 as ClosedRange<UInt64> {
      store.put(key(file))
      #expect(store.contains(key(file)))
      #expect(store.read(key(file)) == block(key(file)))
      store.flush()
      #expect(store.statistics.waitingBytes == 0)
      #expect(store.read(key(file)) == block(key(file)))
      #expect(try store.read(key(file))?.unpacked() == plain(key(file), 20_000))
    }
    #expect(store.read(key(3)) == nil && !store.contains(key(3)))
    let statistics = store.statistics
    #expect(statistics.hits == 6 && statistics.misses == 1)
    #expect(statistics.writes == 2 && statistics.blocks == 2)
    store.close()
  }

  @Test("a removed version or file is not read again, nor after a restart without close")
  func removal() throws {
    let store = try open()
    for change in 1...2 as ClosedRange<UInt64> {
      for index in 0..<3 as Range<UInt32> { store.put(key(1, index, change: change)) }
    }
    store.put(key(2))
    store.put(key(3))
    store.flush()
    store.remove(version: key(1, 0, change: 1).version)
    store.remove(file: key(2).version.file)
    store.drop(key(3))
    // One that is still on its way.
    store.put(key(4))
    store.remove(file: key(4).version.file)
    let gone = [key(1, 1, change: 1), key(2), key(3), key(4)]
    for key in gone { #expect(store.read(key) == nil) }
    #expect(store.read(key(1, 1, change: 2)) != nil)
    store.flush()
    for key in gone { #expect(store.read(key) == nil) }

    let again = try BlockStore.open(
      directory: scratch.snapshot("killed"), quotaBytes: 64 << 20, freeSpaceFloorBytes: 0,
      logger: quiet)
    for key in gone { #expect(again.read(key) == nil) }
    #expect(again.read(key(1, 1, change: 2)) == block(key(1, 1, change: 2)))
    #expect(again.statistics.blocks == 3 && again.statistics.damaged == 0)
    again.close()
    store.close()
  }

  @Test("a second opening of a cache in use is refused and says by whom, until the first closes")
  func locked() throws {
    let store = try open()
    #expect(throws: BlockStoreError.inUse(directory: scratch.cache, pid: getpid())) { try open() }
    store.close()
    store.close()
    let next = try open()
    #expect(store.read(key(1)) == nil && !store.contains(key(1)))
    next.close()
  }

  @Test("the cache's directory is for its owner only")
  func mode() throws {
    let store = try open()
    store.put(key(1))
    store.flush()
    var status = stat()
    #expect(stat(scratch.cache, &status) == 0 && status.st_mode & 0o777 == 0o700)
    for name in ScratchDirectory.files(scratch.cache).keys {
      #expect(stat("\(scratch.cache)/\(name)", &status) == 0 && status.st_mode & 0o077 == 0)
    }
    store.close()
  }

  @Test("a directory that cannot be used is an error that says what to do")
  func unusable() throws {
    ScratchDirectory.write(ByteBuffer(string: "x"), to: scratch.path + "/file")
    let cases = [
      ("/file", ENOTDIR, "holds nothing else"), ("/missing/cache", ENOENT, "directory above"),
    ]
    for (path, code, advice) in cases {
      do throws(BlockStoreError) {
        _ = try BlockStore.open(
          directory: scratch.path + path, quotaBytes: 1 << 20, freeSpaceFloorBytes: 0,
          logger: quiet)
        Issue.record("\(path) was opened")
      } catch {
        guard case .refused(_, _, code) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(error.description.contains(advice))
        #expect(error.description.contains(scratch.path))
      }
    }
    #expect(throws: BlockStoreError.quotaTooSmall(bytes: 1000, least: 1 << 20)) {
      try open(quotaBytes: 1000)
    }
    #expect(
      BlockStoreError.refused(operation: "open", path: "/x", errno: EACCES).description
        .contains("uid"))
  }

  @Test("a full queue drops and counts, and never holds more than its bytes")
  func fullQueue() throws {
    var options = BlockStore.Options()
    options.queueBytes = 100_000
    let store = try open(options)
    store.writer.suspend()
    for index in 0..<20 as Range<UInt32> {
      store.put(key(1, index))
      #expect(store.statistics.waitingBytes <= 100_000)
    }
    let dropped = store.statistics.drops
    #expect(dropped > 0)
    #expect(store.statistics.blocks == 20 - Int(dropped))
    store.writer.resume()
    store.flush()
    #expect(store.statistics.writes == 20 - dropped)
    store.close()
  }

  @Test("a block that is held already is neither written again nor counted as dropped")
  func twice() throws {
    let store = try open()
    store.put(key(1))
    store.put(key(1))
    store.flush()
    store.put(key(1))
    store.flush()
    #expect(store.statistics.writes == 1 && store.statistics.drops == 0)
    store.close()
  }

  @Test(
    "a random workload never takes more than the quota, and every read gives its own bytes",
    arguments: [
      11, 12,
    ] as [UInt64])
  func quota(seed: UInt64) throws {
    var options = BlockStore.Options()
    options.segmentBytes = 64 << 10
    var store = try open(quotaBytes: 1 << 20, options)
    var state = seed
    for round in 0..<900 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let number = state >> 40
      let key = key(number % 30, UInt32(number >> 8) % 6)
      switch state >> 33 % 100 {
      case 0: store.remove(file: key.version.file)
      default:
        if let read = store.read(key) {
          let bytes = try read.unpacked()
          #expect(bytes == plain(key, bytes.readableBytes))
        } else {
          store.put(key, 1_000 + Int(number % 37) * 1_000)
        }
      }
      if round % 20 == 0 {
        store.checkpoint()
        let bytes = ScratchDirectory.files(scratch.cache).values.reduce(0, +)
        #expect(bytes <= 1 << 20)
        #expect(store.statistics.bytes <= 1 << 20)
      }
      if round % 300 == 299 {
        store.close()
        store = try open(quotaBytes: 1 << 20, options)
      }
    }
    #expect(store.statistics.damaged == 0)
    store.close()
  }

  @Test("a set that is read again survives a scan of everything else")
  func scan() throws {
    var options = BlockStore.Options()
    options.segmentBytes = 64 << 10
    let store = try open(quotaBytes: 2 << 20, options)
    for index in 0..<20 as Range<UInt32> { store.put(key(1, index)) }
    store.flush()
    for index in 0..<20 as Range<UInt32> { #expect(store.read(key(1, index)) != nil) }
    for index in 0..<400 as Range<UInt32> {
      store.put(key(3, index))
      if index % 10 == 0 { store.flush() }
    }
    store.flush()
    #expect(store.statistics.evicted > 200)
    for index in 0..<20 as Range<UInt32> {
      #expect(store.read(key(1, index)) == block(key(1, index)))
    }
    store.close()
  }

  @Test("a segment deleted under a reader is still read by it")
  func evictedWhileRead() throws {
    let store = try open()
    store.put(key(1))
    store.flush()
    let held = store.state.withLock { state in
      state.index.location(of: key(1)).flatMap { location in
        state.files[location.segment].map { (location, $0) }
      }
    }
    let (location, file) = try #require(held)
    store.remove(file: key(1).version.file)
    store.close()
    try store.directory.delete(location.segment)
    let record = try SystemBlockFileIO().read(
      location.recordBytes, from: file.file.descriptor, at: location.offset)
    #expect(record.readableBytes == location.recordBytes)
  }

  @Test("threads that read, store and remove while segments go get right bytes or none")
  func concurrent() throws {
    var options = BlockStore.Options()
    options.segmentBytes = 32 << 10
    options.queueBytes = 1 << 20
    let store = try open(quotaBytes: 1 << 20, options)
    DispatchQueue.concurrentPerform(iterations: 4) { thread in
      for round in 0..<500 {
        let number = (round &* 7919 &+ thread &* 104_729) % 211
        let key = key(UInt64(number % 12), UInt32(number / 12))
        if round % 50 == 49 {
          store.remove(file: key.version.file)
        } else if let read = store.read(key) {
          #expect((try? read.unpacked()) == plain(key, 9_000))
        } else {
          store.put(key, 9_000)
        }
        if round % 100 == 0 { store.checkpoint() }
      }
    }
    store.flush()
    #expect(store.statistics.damaged == 0 && store.statistics.evicted > 0)
    #expect(store.statistics.bytes <= 1 << 20)
    store.close()
  }
}
