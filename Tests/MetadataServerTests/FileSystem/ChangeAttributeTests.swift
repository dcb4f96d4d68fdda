import Glibc
import NFSServer
import NFSv4
import Synchronization
import Testing

@testable import MetadataServer

@Suite struct ChangeAttributeTests {
  @Test(
    "each change has a higher change attribute, also within one tick of a coarse clock",
    arguments: FileSystemKind.available)
  func increasing(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    let tree = try fixture.writable()
    let root = try tree.root()
    let new = try tree.make("f")
    let file = try #require(new.file)
    var last: [Changeid4] = []
    func now() throws -> [Changeid4] {
      let seen = [try tree.change(of: root), try tree.change(of: new.object)]
      #expect(try tree.attributes(of: new.object, mask: Bitmap4()).change == seen[1])
      return seen
    }
    last = try now()
    for round in 0..<200 {
      try tree.put("x", at: UInt64(round), to: file)
      var seen = try now()
      #expect(seen[1] > last[1])
      #expect(seen[0] == last[0])
      last = seen
      let change = try tree.create(
        bytes("\(round)"), in: root, .guarded, attributes: modeOnly(0o600), access: .write,
        for: rootCaller
      ).directoryChange
      #expect(change.before == last[0] && change.after > last[0])
      seen = try now()
      #expect(seen[0] == change.after)
      #expect(seen[1] == last[1])
      last = seen
    }
    // The time of the last modification was set: nothing is counted in it.
    let wanted = attributesWith {
      $0.timeModifySet = .clientTime(Nfstime4(seconds: 5, nseconds: 7))
    }
    #expect(try tree.set(wanted, of: "f") == .NFS4_OK)
    for round in 0..<10 {
      last = try now()
      #expect(try tree.set(modeOnly(UInt32(0o600 + round)), of: "f") == .NFS4_OK)
      #expect(try now()[1] > last[1])
      #expect(fixture.status("f").st_mtim.tv_sec == 5 && fixture.status("f").st_mtim.tv_nsec == 7)
    }
    // Nothing of it is in memory only.
    last = try now()
    let later = try fixture.writable()
    #expect(try later.change(of: try later.walk("f")) == last[1])
    #expect(try later.change(of: try later.root()) == last[0])
  }

  @Test("times of the kernel are told apart by trying")
  func grains() throws {
    for kind in FileSystemKind.available {
      let fixture = try TreeFixture(on: kind)
      let root = try Linux.open(path: fixture.export, flags: Linux.pathFlags)
      let grain = TimeGrain.probe(root)
      if FileSystemKind.coarse.contains(kind) { #expect(grain == .coarse) }
      #expect(grain != .unusable)
    }
  }

  @Test("failed changes leave the attribute as it is", arguments: FileSystemKind.available)
  func failed(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    let tree = try fixture.writable()
    let root = try tree.root()
    let new = try tree.make("f")
    let before = [try tree.change(of: root), try tree.change(of: new.object)]
    _ = tree.status { () throws(Nfsstat4) in try tree.make("f") }
    _ = tree.status { () throws(Nfsstat4) in try tree.makeDirectory("f") }
    _ = tree.status { () throws(Nfsstat4) in
      try tree.link(new.object, as: bytes("f"), in: root, for: rootCaller)
    }
    let file = try #require(new.file)
    _ = tree.status { () throws(Nfsstat4) in try tree.put("x", at: .max, to: file) }
    #expect([try tree.change(of: root), try tree.change(of: new.object)] == before)
    #expect(tree.changes.count == 0)
  }

  @Test("what is seen during a change is not what is seen after it")
  func inFlight() {
    let changes = ChangesInFlight()
    var status = FileStatus()
    status.ino = 1
    let key = ChangesInFlight.Key(status)
    status.ino = 2
    let other = ChangesInFlight.Key(status)
    #expect(changes.seen(10, key) == 10)
    changes.begin(key)
    #expect(changes.seen(10, key) == 10)
    // The kernel has set the time, and somebody looks before the data is there.
    #expect(changes.seen(11, key) == 11)
    #expect(changes.seen(5, other) == 5)
    // It never goes back while a change is under way.
    #expect(changes.seen(10, key) == 11)
    #expect(changes.end(key, at: 11) == 11)
    #expect(changes.count == 1)
    #expect(changes.end(key, at: 12) == nil)
    #expect(changes.count == 0)
    #expect(changes.seen(12, key) == 12)
  }

  @Test("of changes that overlap, each ends higher than all that was seen")
  func overlapping() {
    let changes = ChangesInFlight()
    var status = FileStatus()
    status.ino = 1
    let key = ChangesInFlight.Key(status)
    changes.begin(key)
    #expect(changes.seen(10, key) == 10)
    changes.begin(key)
    #expect(changes.seen(10, key) == 10)
    #expect(changes.end(key, at: 11) == nil)
    // The second's data may not have been there when 11 was seen.
    #expect(changes.seen(11, key) == 11)
    #expect(changes.end(key, at: 11) == 11)
    #expect(changes.end(key, at: 11, isForced: true) == nil)
    #expect(changes.count == 0)
  }

  @Test(
    "content that was read under a change attribute is all there is while that stays",
    arguments: FileSystemKind.available)
  func concurrent(kind: FileSystemKind) throws {
    let fixture = try TreeFixture(on: kind)
    let tree = try fixture.writable()
    let object = try tree.make("f").object
    // Each writer writes its round to a place of its own.
    let writers = 3
    let room = 20_000
    let running = Atomic<Int>(writers)
    let counts = Counts(writers)
    let threads = (0..<writers).map { writer in
      TestThread {
        defer { running.subtract(1, ordering: .sequentiallyConsistent) }
        guard
          let file = try? tree.open(
            object, access: .write, ownerOverride: false, for: rootCaller)
        else { return }
        for round: UInt8 in 1...200 {
          _ = try? tree.put(
            [UInt8](repeating: round, count: room), at: UInt64(writer * room), to: file)
          counts.set(writer, round)
        }
      }
    }
    let file = try tree.open(object, for: rootCaller)
    var cached: (change: Changeid4, content: [UInt8])?
    while running.load(ordering: .sequentiallyConsistent) > 0 {
      let complete = counts.all()
      let change = try tree.change(of: object)
      if let cached, cached.change == change {
        for writer in 0..<writers where complete[writer] > 0 {
          let part = cached.content.dropFirst(writer * room).prefix(room)
          #expect(part.count == room && part.allSatisfy { $0 >= complete[writer] })
        }
        continue
      }
      let content = [UInt8](unsafeUninitializedCapacity: writers * room) { buffer, count in
        count = (try? tree.read(file, at: 0, into: UnsafeMutableRawBufferPointer(buffer))) ?? 0
      }
      cached = (change, content)
    }
    threads.forEach { $0.join() }
    #expect(tree.changes.count == 0)
  }
}

private final class Counts: Sendable {
  private let values: Mutex<[UInt8]>

  init(_ count: Int) { values = Mutex([UInt8](repeating: 0, count: count)) }

  func set(_ index: Int, _ value: UInt8) { values.withLock { $0[index] = value } }

  func all() -> [UInt8] { values.withLock { $0 } }
}

/// A thread of its own: callers' identities are taken on by threads.
final class TestThread: Sendable {
  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  private let thread: pthread_t

  init(_ body: @escaping @Sendable () -> Void) {
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body)).toOpaque()
    let result = pthread_create(
      &thread, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context)
    precondition(result == 0, "pthread_create: \(result)")
    self.thread = thread
  }

  func join() { pthread_join(thread, nil) }
}
