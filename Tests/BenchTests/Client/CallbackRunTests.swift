import NFSv4
import NIOCore
import Testing
import XDR

@testable import Bench

/// Answers every recall with one status.
private struct Handler: CallbackHandler {
  var status = Nfsstat4.NFS4_OK

  func layoutRecalled(_ arguments: CB_LAYOUTRECALL4args) -> Nfsstat4 { status }
  func delegationRecalled(_ arguments: CB_RECALL4args) -> Nfsstat4 { status }
  func someRecalled(_ arguments: CB_RECALL_ANY4args) {}
  func devicesChanged(_ arguments: CB_NOTIFY_DEVICEID4args) {}
}

@Suite struct CallbackRunTests {
  private static let session = Sessionid4(high: 1, low: 2)

  private static func sequence(
    _ sequenceid: UInt32, slot: UInt32 = 0, session: Sessionid4 = session
  ) -> CB_SEQUENCE4args {
    CB_SEQUENCE4args(
      sessionid: session, sequenceid: sequenceid, slotid: slot, highestSlotid: 0,
      cachethis: false, referringCallLists: [])
  }

  private static let recall = CB_LAYOUTRECALL4args(
    type: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_ANY, changed: false, recall: .all)

  private static func run(
    _ arguments: ByteBuffer, _ slots: inout BackSlotTable, _ handler: Handler = Handler()
  ) throws -> ByteBuffer {
    var run = try CallbackRun(arguments)
    let sequence = run.begin(session: session, slots: &slots)
    if let replay = run.replay { return replay }
    while sequence != nil, run.remainingOperations > 0 { run.step(handler) }
    let answer = run.finish()
    if let sequence {
      slots.complete(slotid: sequence.slotid, sequenceid: sequence.sequenceid, answer: answer)
    }
    return answer
  }

  private static func compound(
    minorversion: UInt32 = 2, _ build: (inout CbCompoundBuilder) -> Void
  ) -> ByteBuffer {
    var builder = CbCompoundBuilder(tag: [1, 2, 3], minorversion: minorversion)
    build(&builder)
    return builder.finish()
  }

  @Test("CB_SEQUENCE and one operation: the answer has the tag, both results and the status")
  func order() throws {
    var slots = BackSlotTable()
    let answer = try Self.run(
      Self.compound {
        $0.append(CB_SEQUENCE.self, Self.sequence(1))
        $0.append(CB_LAYOUTRECALL.self, Self.recall)
      }, &slots, Handler(status: .NFS4ERR_NOMATCHING_LAYOUT))
    var results = try CbCompoundResults(answer)
    #expect(results.status == .NFS4ERR_NOMATCHING_LAYOUT)
    #expect(Array(results.tag.readableBytesView) == [1, 2, 3])
    #expect(results.count == 2)
    let sequence = try results.next(CB_SEQUENCE.self)
    #expect(sequence.sequenceid == 1)
    let recall = Result { () throws(CbCompoundError) in try results.next(CB_LAYOUTRECALL.self) }
    #expect(
      recall
        == .failure(.status(.NFS4ERR_NOMATCHING_LAYOUT, operation: .OP_CB_LAYOUTRECALL)))
  }

  @Test("a retry gets the answer that was given, and is not run again")
  func replay() throws {
    var slots = BackSlotTable()
    let call = Self.compound {
      $0.append(CB_SEQUENCE.self, Self.sequence(1))
      $0.append(CB_LAYOUTRECALL.self, Self.recall)
    }
    let first = try Self.run(call, &slots, Handler(status: .NFS4_OK))
    let second = try Self.run(call, &slots, Handler(status: .NFS4ERR_DELAY))
    #expect(first == second)
  }

  @Test(
    "what CB_SEQUENCE is refused with",
    arguments: [
      (sequence(2), Nfsstat4.NFS4ERR_SEQ_MISORDERED),
      (sequence(1, slot: 16), .NFS4ERR_BADSLOT),
      (sequence(1, session: Sessionid4(high: 9, low: 9)), .NFS4ERR_BADSESSION),
    ])
  func refused(arguments: CB_SEQUENCE4args, status: Nfsstat4) throws {
    var slots = BackSlotTable()
    let answer = try Self.run(
      Self.compound {
        $0.append(CB_SEQUENCE.self, arguments)
        $0.append(CB_LAYOUTRECALL.self, Self.recall)
      }, &slots)
    let results = try CbCompoundResults(answer)
    #expect(results.status == status)
    #expect(results.count == 1)
  }

  @Test("an operation without CB_SEQUENCE, and CB_SEQUENCE behind another")
  func position() throws {
    var slots = BackSlotTable()
    let bare = try Self.run(
      Self.compound { $0.append(CB_LAYOUTRECALL.self, Self.recall) }, &slots)
    #expect(try CbCompoundResults(bare).status == .NFS4ERR_OP_NOT_IN_SESSION)
    let twice = try Self.run(
      Self.compound {
        $0.append(CB_SEQUENCE.self, Self.sequence(1))
        $0.append(CB_SEQUENCE.self, Self.sequence(2))
      }, &slots)
    #expect(try CbCompoundResults(twice).status == .NFS4ERR_SEQUENCE_POS)
  }

  @Test("an unknown minor version runs nothing")
  func minorversion() throws {
    var slots = BackSlotTable()
    let answer = try Self.run(
      Self.compound(minorversion: 3) { $0.append(CB_SEQUENCE.self, Self.sequence(1)) }, &slots)
    let results = try CbCompoundResults(answer)
    #expect(results.status == .NFS4ERR_MINOR_VERS_MISMATCH)
    #expect(results.count == 0)
  }

  @Test("every truncation of a callback is refused or is no call at all")
  func truncated() throws {
    let call = Self.compound {
      $0.append(CB_SEQUENCE.self, Self.sequence(1))
      $0.append(CB_LAYOUTRECALL.self, Self.recall)
    }
    for length in 0..<call.readableBytes {
      let part = try #require(call.getSlice(at: call.readerIndex, length: length))
      var slots = BackSlotTable()
      guard let answer = try? Self.run(part, &slots) else { continue }
      #expect(try CbCompoundResults(answer).status == .NFS4ERR_BADXDR || length < 28)
    }
  }
}
