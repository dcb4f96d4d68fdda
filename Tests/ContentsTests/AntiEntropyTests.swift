import BlockCache
import Membership
import Testing

@testable import Contents

@Suite struct AntiEntropyTests {
  private let now = Duration.seconds(10)

  /// An owner of `files` files of a few blocks, and a view that knows all of it.
  private func agreed(files: UInt64) throws -> (owner: Holdings, view: ContentsView) {
    var owner = Holdings(generation: 1)
    owner.load((0..<files).flatMap { file in (0...UInt32(file % 5)).map { key(file, $0) } })
    _ = owner.takeDelta(limitBytes: 900)
    var view = ContentsView(own: us)
    #expect(try view.pull(alice, from: owner, now: now).outcome == .exact)
    return (owner, view)
  }

  @Test("two that agree exchange one small message each way, however much there is")
  func equal() throws {
    var (owner, view) = try agreed(files: 3000)
    let pull = try view.pull(alice, from: owner, now: now)
    #expect(pull.outcome == .exact && pull.messages == 1 && pull.bytes == 9 + 25)
    owner = Holdings(generation: 1)
    view = ContentsView(own: us)
    #expect(try view.pull(alice, from: owner, now: now).bytes == 9 + 25)
  }

  @Test("one version that differs among 3,000 costs its bucket, not all of them")
  func oneDiffers() throws {
    var (owner, view) = try agreed(files: 3000)
    owner.insert(key(77, 100))
    _ = owner.takeDelta(limitBytes: 900)
    let pull = try view.pull(alice, from: owner, now: now)
    #expect(pull.outcome == .exact && pull.messages == 4)
    // 256 digests, the dozen versions of a bucket, one bitmap, and the two comparisons.
    #expect(pull.bytes < 2048 + 3000 / 256 * 3 * 32 + 300)
    #expect(view.holders(of: key(77, 100)) == [alice])
  }

  @Test("everything is learned in as many messages as it takes, each of at most 64 KiB")
  func everything() throws {
    var owner = Holdings(generation: 1)
    let large = comb(600_000)
    owner.load((0..<5000).map { key($0) })
    owner.load(large.runs.lazy.map { key(9000, $0.first) })
    owner.load([key(9001)])
    owner.buckets[DigestTree.bucket(of: version(9001))][version(9001)]?.blocks = large
    owner.refresh(version(9001))
    var view = ContentsView(own: us)
    var pull = try view.begin(alice, now: now)
    var longest = 0
    while let request = pull.request {
      let bytes = owner.answer(request).encoded
      longest = max(longest, bytes.count, request.encoded.count)
      try view.receive(AntiEntropyResponse(decoding: bytes), in: &pull, now: now)
    }
    #expect(pull.outcome == .exact && longest <= AntiEntropy.messageBytes && longest > 60_000)
    #expect(view.root(of: alice) == owner.summary.root && view.versionCount == 5002)
    #expect(view.blocks(of: version(9001), announcedBy: alice) == large)
    #expect(pull.messages < 20)
  }

  @Test("what another member is known to hold exactly like that is not asked for again")
  func adopted() throws {
    var (owner, view) = try agreed(files: 3000)
    var twin = Holdings(generation: 2)
    twin.load(
      owner.versions.flatMap { version in
        owner.blocks(of: version).indices.map { BlockKey(version: version, index: $0) }
      })
    _ = twin.takeDelta(limitBytes: 900)
    let same = try view.pull(bob, from: twin, now: now)
    #expect(same.outcome == .exact && same.messages == 2 && same.bytes == 2 * 9 + 2073 + 25)
    #expect(view.holders(of: key(2999)) == [alice, bob])
    #expect(view.claims.claims(on: version(2999))?.bitmapCount == 1)
    // Alice has one block more, which Bob gets as well, and Bob a file of his own, in one bucket.
    let other = try #require(
      (4000..<9000).first {
        DigestTree.bucket(of: version($0)) == DigestTree.bucket(of: version(7))
      })
    owner.insert(key(7, 50))
    _ = try view.apply(owner.delta(), from: alice, now: now)
    twin.load([key(7, 50), key(other)])
    _ = twin.takeDelta(limitBytes: 900)
    let more = try view.pull(bob, from: twin, now: now)
    #expect(more.outcome == .exact && more.messages == 4)
    // One bitmap was asked for, not two: a version takes more than 24 bytes of each message.
    #expect(more.bytes < 2 * 9 + 2073 + 25 + 43 + 28 + 3000 / 256 * 3 * 32 + 28 + 56)
    #expect(view.blocks(of: version(7), announcedBy: bob) == owner.blocks(of: version(7)))
    #expect(view.isExact(alice) && view.isExact(bob))
    // Who holds nothing any more is like somebody who never held anything.
    var none = Holdings(generation: 3)
    none.insert(key(1))
    _ = try view.apply(none.delta(), from: MemberID(rawValue: 3), now: now)
    none = Holdings(generation: 4)
    #expect(try view.pull(MemberID(rawValue: 3), from: none, now: now).messages == 2)
    #expect(view.holders(of: key(1)) == [alice, bob])
  }

  @Test("what the owner no longer holds is forgotten, also at the end of the last page")
  func dropped() throws {
    var (owner, view) = try agreed(files: 300)
    for file in UInt64(0)..<300 where file % 3 > 0 { owner.removeVersion(version(file)) }
    while owner.takeDelta(limitBytes: 900) != nil {}
    #expect(try view.pull(alice, from: owner, now: now).outcome == .exact)
    #expect(view.versionCount == 100)
    for file in UInt64(0)..<300 { owner.removeVersion(version(file)) }
    while owner.takeDelta(limitBytes: 900) != nil {}
    #expect(try view.pull(alice, from: owner, now: now).outcome == .exact)
    #expect(view.versionCount == 0)
  }

  @Test("what is pending at the owner is not answered yet, and comes by the next delta")
  func pending() throws {
    var (owner, view) = try agreed(files: 3)
    owner.insert(key(50))
    owner.remove(key(1))
    #expect(try view.pull(alice, from: owner, now: now).messages == 1)
    let delta = try owner.delta()
    #expect(try view.apply(delta, from: alice, now: now) == .applied(gap: false))
    #expect(view.isExact(alice) && view.holders(of: key(50)) == [alice])
  }

  @Test("a delta that arrives between question and answer is not undone by the answer")
  func race() throws {
    var (owner, view) = try agreed(files: 3)
    owner.insert(key(1, 70))
    _ = owner.takeDelta(limitBytes: 900)
    var pull = try view.begin(alice, now: now)
    while let request = pull.request {
      let answer = owner.answer(request)
      if case .blocks = request, pull.comparisons == 1 {
        owner.insert(key(1, 80))
        owner.remove(key(1, 0))
        let delta = try owner.delta()
        _ = try view.apply(delta, from: alice, now: now)
      }
      try view.receive(answer, in: &pull, now: now)
      if case .fetching = pull.phase { continue }
      if pull.comparisons == 2 {
        #expect(view.blocks(of: version(1), announcedBy: alice) == blocks(1...1, 70...70, 80...80))
      }
    }
    #expect(pull.outcome == .exact && pull.messages == 5 - 1 && view.isExact(alice))
  }

  @Test("a pull that ends without agreement is tried again later and later")
  func backoff() throws {
    var (owner, view) = try agreed(files: 10)
    owner.insert(key(1, 99))
    _ = owner.takeDelta(limitBytes: 900)
    _ = view.note(owner.summary, from: alice, now: .zero)
    #expect(view.needsSync(now: .milliseconds(499)).isEmpty)
    var now = try #require(view.nextSync)
    #expect(now >= .milliseconds(500) && now < .seconds(1))
    var waits: [Duration] = []
    for _ in 0..<9 {
      #expect(view.needsSync(now: now) == [alice])
      var pull = try view.begin(alice, now: now)
      #expect(view.needsSync(now: now).isEmpty)
      view.abandon(&pull, now: now)
      #expect(pull.outcome == .incomplete && pull.request == nil)
      let next = try #require(view.nextSync)
      waits.append(next - now)
      now = next
    }
    #expect(waits.map { $0 / .seconds(1) } == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    #expect(try view.pull(alice, from: owner, now: now).outcome == .exact)
    #expect(view.nextSync == nil && view.needsSync(now: now + .seconds(1000)).isEmpty)
  }

  @Test("a pull that nobody ended is forgotten after a while")
  func timeout() throws {
    var (owner, view) = try agreed(files: 10)
    owner.insert(key(1, 99))
    _ = owner.takeDelta(limitBytes: 900)
    _ = view.note(owner.summary, from: alice, now: .zero)
    _ = view.beginPull(from: alice, now: .seconds(1))
    #expect(view.needsSync(now: .seconds(60)).isEmpty)
    #expect(view.needsSync(now: .seconds(61)) == [alice])
  }

  @Test("not everybody asks the same member at once")
  func stagger() {
    var due: Set<Duration> = []
    for number in UInt64(200)..<264 {
      var view = ContentsView(own: MemberID(rawValue: number))
      _ = view.note(
        ContentsSummary(generation: 1, sequence: 1, root: 1), from: alice, now: .zero)
      if let next = view.nextSync { due.insert(next) }
    }
    #expect(due.count > 40)
    #expect(due.allSatisfy { $0 >= .milliseconds(500) && $0 <= .seconds(1) })
  }

  @Test("a member that claims more than may be remembered is left alone for long")
  func clipped() throws {
    var owner = Holdings(generation: 1)
    owner.load((0..<1000).map { key($0) })
    _ = owner.takeDelta(limitBytes: 900)
    var view = ContentsView(own: us, limits: ContentsLimits(memberBytes: 50_000))
    _ = view.note(owner.summary, from: alice, now: .zero)
    let pull = try view.pull(alice, from: owner, now: .seconds(1))
    #expect(pull.outcome == .incomplete && pull.messages < 5)
    #expect(view.claims.bytes <= 50_000 && view.versionCount > 100)
    #expect(view.needsSync(now: .seconds(300)).isEmpty)
    #expect(view.needsSync(now: .seconds(301)) == [alice])
  }

  @Test("an owner that says it is the same and is not is believed no more than its root")
  func falseSame() throws {
    var view = ContentsView(own: us)
    let summary = ContentsSummary(generation: 1, sequence: 1, root: 5)
    _ = view.note(summary, from: alice, now: .zero)
    var pull = try view.begin(alice, now: .seconds(1))
    try view.receive(
      AntiEntropyResponse(summary: summary, body: .same), in: &pull, now: .seconds(1))
    #expect(pull.request == nil && !view.isExact(alice))
    #expect(view.needsSync(now: .seconds(1)).isEmpty && view.needsSync(now: .seconds(2)) == [alice])
  }

  @Test("an owner that never agrees is given up after so many comparisons")
  func neverAgrees() throws {
    var view = ContentsView(own: us)
    var pull = try view.begin(alice, now: now)
    var file: UInt64 = 0
    while let request = pull.request {
      file += 1
      let summary = ContentsSummary(generation: 1, sequence: file, root: file)
      let body: AntiEntropyResponse.Body =
        switch request {
        case .compare: .buckets((0..<256).map { $0 &+ file })
        case .versions: .versions([], isLast: true)
        case .blocks: .same
        }
      try view.receive(AntiEntropyResponse(summary: summary, body: body), in: &pull, now: now)
    }
    #expect(pull.outcome == .incomplete && pull.messages == 2 * AntiEntropy.comparisonsPerPull)
  }

  @Test("an owner that always has another page is given up, and what it claimed stays in bounds")
  func endless() throws {
    var view = ContentsView(own: us, limits: ContentsLimits(memberBytes: 100_000))
    var pull = try view.begin(alice, now: now)
    let summary = ContentsSummary(generation: 1, sequence: 1, root: 1)
    var change: UInt64 = 0
    // A bucket's versions in order, without end: of one file, changed ever again.
    let bucket = DigestTree.bucket(of: version(1, change: 0))
    while let request = pull.request {
      let body: AntiEntropyResponse.Body
      switch request {
      case .compare:
        body = .buckets([UInt64](repeating: 1, count: 256))
      case .versions:
        repeat { change += 1 } while DigestTree.bucket(of: version(1, change: change)) != bucket
        body = .versions([.init(version: version(1, change: change), term: 1)], isLast: false)
      case .blocks(let ranges):
        body = .pages(
          ranges.map {
            .init(version: $0.version, range: .everything, blocks: BlockBitmap(.everything))
          })
      }
      try view.receive(AntiEntropyResponse(summary: summary, body: body), in: &pull, now: now)
    }
    #expect(pull.outcome == .incomplete && pull.messages == AntiEntropy.messagesPerPull + 1)
    #expect(view.claims.bytes <= 100_000)
  }

  @Test("answers that are none to the question end the pull")
  func unasked() throws {
    let summary = ContentsSummary(generation: 1, sequence: 1, root: 1)
    let buckets = AntiEntropyResponse.Body.buckets([UInt64](repeating: 1, count: 256))
    let two = [version(1), version(2)].sorted {
      (DigestTree.bucket(of: $0), $0.file.high) < (DigestTree.bucket(of: $1), $1.file.high)
    }
    let listed = two.map { AntiEntropyResponse.Listed(version: $0, term: 9) }
    func page(_ version: FileVersion, _ run: BlockRun) -> AntiEntropyResponse.Page {
      .init(version: version, range: run, blocks: BlockBitmap())
    }
    let list = AntiEntropyResponse.Body.versions(listed, isLast: true)
    let part = BlockRun(first: 0, last: 9)
    let cases: [(bodies: [AntiEntropyResponse.Body], error: ContentsError)] = [
      ([.pages([])], .unasked),
      ([list], .unasked),
      ([.buckets([1, 2])], .unasked),
      ([buckets, .same], .unasked),
      ([buckets, .versions([], isLast: false)], .unasked),
      ([buckets, .versions(listed.reversed(), isLast: true)], .outOfOrder),
      ([buckets, .versions([listed[0], listed[0]], isLast: true)], .outOfOrder),
      ([buckets, .versions([.init(version: two[0], term: 0)], isLast: true)], .unasked),
      ([buckets, list, .pages([])], .unasked),
      ([buckets, list, .pages([page(two[1], .everything)])], .unasked),
      ([buckets, list, .pages([page(two[0], BlockRun(first: 1, last: .max))])], .unasked),
      ([buckets, list, .pages([page(two[0], part), page(two[1], .everything)])], .unasked),
      (
        [buckets, list, .pages((0..<3).map { page(two[min($0, 1)], .everything) })], .unasked
      ),
      ([buckets, list, list], .unasked),
    ]
    for (bodies, error) in cases {
      var view = ContentsView(own: us)
      var pull = try view.begin(alice, now: now)
      for body in bodies.dropLast() {
        try view.receive(AntiEntropyResponse(summary: summary, body: body), in: &pull, now: now)
      }
      let last = AntiEntropyResponse(summary: summary, body: try #require(bodies.last))
      #expect(throws: error, "\(bodies.count) messages") {
        try view.receive(last, in: &pull, now: now)
      }
      #expect(pull.outcome == .incomplete && view.versionCount == 0)
    }
  }

  @Test("versions of buckets that were not asked for are refused")
  func otherBuckets() throws {
    var (owner, view) = try agreed(files: 10)
    owner.insert(key(1, 99))
    _ = owner.takeDelta(limitBytes: 900)
    var pull = try view.begin(alice, now: now)
    try view.receive(owner.answer(#require(pull.request)), in: &pull, now: now)
    let other = try #require(
      (0..<10).first { DigestTree.bucket(of: version($0)) != DigestTree.bucket(of: version(1)) })
    let answer = AntiEntropyResponse(
      summary: owner.summary,
      body: .versions([.init(version: version(other), term: 1)], isLast: true))
    #expect(throws: ContentsError.unasked) { try view.receive(answer, in: &pull, now: now) }
  }

  @Test("a member that is forgotten during a pull ends it")
  func forgotten() throws {
    var (owner, view) = try agreed(files: 10)
    owner.insert(key(1, 99))
    _ = owner.takeDelta(limitBytes: 900)
    var pull = try view.begin(alice, now: now)
    let answer = owner.answer(try #require(pull.request))
    view.forget(alice)
    try view.receive(answer, in: &pull, now: now)
    #expect(pull.outcome == .incomplete && view.members.isEmpty)
  }
}
