import NFSv4
import NIOCore
import Testing
import XDR

@testable import Bench

@Suite struct LayoutTableTests {
  private static let file = NfsFh4(ByteBuffer(string: "file"))
  private static let other = StateidOther(high: 1, low: 1)
  private static let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private static func resok(
    seqid: UInt32 = 1, unit: UInt32 = 1 << 20, dense: Bool = false, length: UInt64 = .max,
    returnOnClose: Bool = false
  ) -> LAYOUTGET4resok {
    let body = NfsvFileLayout4(
      deviceid: Deviceid4(high: 7, low: 7),
      util: NflUtil4(stripeUnitBytes: unit, flags: dense ? .DENSE : []), firstStripeIndex: 0,
      patternOffset: 0, fhList: [file])
    return LAYOUTGET4resok(
      returnOnClose: returnOnClose, stateid: Stateid4(seqid: seqid, other: other),
      layout: [
        Layout4(
          offset: 0, length: length, iomode: .LAYOUTIOMODE4_READ,
          content: LayoutContent4(type: .NFSV4_1_FILES, body: body.xdr))
      ])
  }

  private static func recall(
    seqid: UInt32, other: StateidOther = other
  ) -> CB_LAYOUTRECALL4args {
    CB_LAYOUTRECALL4args(
      type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, changed: false,
      recall: .file(
        LayoutrecallFile4(
          fh: file, offset: 0, length: .max, stateid: Stateid4(seqid: seqid, other: other))))
  }

  private func granted() -> (LayoutTable, UInt64) {
    var table = LayoutTable()
    table.granted(Self.file, Self.resok(), now: Self.now)
    return (table, table.layout(of: Self.file)?.id ?? 0)
  }

  /// Where the next READ has to go.
  private func expectStep(
    _ expected: String, _ table: inout LayoutTable, after seconds: Int64 = 0,
    file: NfsFh4 = file, location: SourceLocation = #_sourceLocation
  ) {
    let step =
      switch table.step(for: file, now: Self.now + .seconds(seconds)) {
      case .dataServer: "data server"
      case .metadataServer: "metadata server"
      case .ask: "ask"
      case .wait: "wait"
      }
    #expect(step == expected, sourceLocation: location)
  }

  /// What a recall of the file's layout has to be answered with.
  private func expectRecall(
    _ expected: Nfsstat4, _ table: inout LayoutTable, seqid: UInt32,
    other: StateidOther = other, location: SourceLocation = #_sourceLocation
  ) {
    let status = table.recall(Self.recall(seqid: seqid, other: other))
    #expect(status == expected, sourceLocation: location)
  }

  @Test("one asks, the others wait, and then all have the layout")
  func ask() {
    var table = LayoutTable()
    expectStep("ask", &table)
    expectStep("wait", &table)
    let isUsable = table.granted(Self.file, Self.resok(), now: Self.now)
    #expect(isUsable)
    expectStep("data server", &table)
    #expect(table.grantedCount == 1)
  }

  @Test("NFS4ERR_LAYOUTUNAVAILABLE is remembered for 120 s, other refusals are not")
  func refusals() {
    for (status, next) in [
      (Nfsstat4.NFS4ERR_LAYOUTUNAVAILABLE, "metadata server"), (.NFS4ERR_BADLAYOUT, "ask"),
    ] {
      var table = LayoutTable()
      _ = table.step(for: Self.file, now: Self.now)
      table.refused(Self.file, status, now: Self.now)
      expectStep(next, &table, after: 119)
    }
    var table = LayoutTable()
    _ = table.step(for: Self.file, now: Self.now)
    table.refused(Self.file, .NFS4ERR_LAYOUTUNAVAILABLE, now: Self.now)
    expectStep("ask", &table, after: 120)
  }

  @Test("layouts that a stock client does not take are not used")
  func unusable() {
    for resok in [
      Self.resok(unit: 0), Self.resok(dense: true), Self.resok(length: 4096),
      LAYOUTGET4resok(returnOnClose: false, stateid: .current, layout: []),
    ] {
      var table = LayoutTable()
      let isUsable = table.granted(Self.file, resok, now: Self.now)
      #expect(!isUsable)
      expectStep("metadata server", &table)
    }
  }

  @Test("a recall without READs under way drops the layout")
  func recallWhenIdle() {
    var (table, _) = granted()
    expectRecall(.NFS4ERR_NOMATCHING_LAYOUT, &table, seqid: 2)
    expectStep("ask", &table)
    expectRecall(.NFS4ERR_NOMATCHING_LAYOUT, &table, seqid: 3)
  }

  @Test("a recall with READs under way: the layout goes back behind the last of them")
  func recallWhenBusy() {
    var (table, id) = granted()
    table.begin(Self.file, id: id)
    table.begin(Self.file, id: id)
    expectRecall(.NFS4_OK, &table, seqid: 2)
    expectStep("metadata server", &table)
    expectRecall(.NFS4_OK, &table, seqid: 2)
    let first = table.finish(Self.file, id: id)
    #expect(first == nil)
    let back = LayoutTable.Return(
      file: Self.file, stateid: Stateid4(seqid: 2, other: Self.other))
    let last = table.finish(Self.file, id: id)
    #expect(last == back)
    expectStep("ask", &table)
  }

  @Test("a recall's stateid: another layout, an older and a later sequence")
  func recallStateid() {
    var (table, _) = granted()
    let strange = StateidOther(high: 9, low: 9)
    expectRecall(.NFS4ERR_BAD_STATEID, &table, seqid: 2, other: strange)
    expectRecall(.NFS4ERR_OLD_STATEID, &table, seqid: 1)
    expectRecall(.NFS4ERR_DELAY, &table, seqid: 3)
    #expect(table.layout(of: Self.file) != nil)
  }

  @Test("the sequence of a layout wraps around to one")
  func wrapAround() {
    var table = LayoutTable()
    table.granted(Self.file, Self.resok(seqid: .max), now: Self.now)
    expectRecall(.NFS4ERR_NOMATCHING_LAYOUT, &table, seqid: 1)
  }

  @Test("a recall of everything drops what is idle, and puts off what is not")
  func recallAll() {
    let all = CB_LAYOUTRECALL4args(
      type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, changed: false, recall: .all)
    var (table, id) = granted()
    table.begin(Self.file, id: id)
    let busy = table.recall(all)
    #expect(busy == .NFS4ERR_DELAY)
    let back = table.finish(Self.file, id: id)
    #expect(back != nil)
    let idle = table.recall(all)
    #expect(idle == .NFS4ERR_NOMATCHING_LAYOUT)
  }

  @Test("READs under a layout that was dropped do not count for the next one")
  func generations() {
    var (table, first) = granted()
    table.begin(Self.file, id: first)
    table.drop(Self.file, id: first)
    table.granted(Self.file, Self.resok(seqid: 5), now: Self.now)
    let stale = table.finish(Self.file, id: first)
    #expect(stale == nil)
    table.drop(Self.file, id: first)
    #expect(table.layout(of: Self.file)?.stateid.seqid == 5)
  }

  @Test("a failed device: the layout goes back once idle, and none is asked for during 120 s")
  func failed() {
    var (table, id) = granted()
    table.begin(Self.file, id: id)
    let early = table.fail(Self.file, id: id, now: Self.now)
    #expect(early == nil)
    let back = table.finish(Self.file, id: id)
    #expect(back != nil)
    expectStep("metadata server", &table, after: 119)
    expectStep("ask", &table, after: 120)
  }

  @Test("a table that is full sends further files to the metadata server")
  func bound() {
    var table = LayoutTable(limit: 1)
    table.granted(Self.file, Self.resok(), now: Self.now)
    let second = NfsFh4(ByteBuffer(string: "second"))
    expectStep("metadata server", &table, file: second)
    let isTaken = table.granted(second, Self.resok(), now: Self.now)
    #expect(!isTaken)
    #expect(table.count == 1)
  }

  @Test("CLOSE gives back what the server wants back, and forgets what it does not hold")
  func closed() {
    var table = LayoutTable()
    table.granted(Self.file, Self.resok(returnOnClose: true), now: Self.now)
    let back = table.closed(Self.file)
    #expect(back != nil)
    #expect(table.count == 0)
    table.granted(Self.file, Self.resok(), now: Self.now)
    let kept = table.closed(Self.file)
    #expect(kept == nil)
    #expect(table.heldCount == 1)
  }
}
