import Synchronization

/// Shares equal records among many ``Swim`` values of one process: a simulation of n members holds
/// n records rather than n · n. Without one, each value keeps its own.
///
/// Holds what it was given until it goes.
public final class MemberRecordPool: Sendable {
  private struct Key: Hashable {
    let id: MemberID
    let incarnation: UInt64
  }

  private let records = Mutex<[Key: RecordBox]>([:])

  public init() {}

  func box(_ record: MemberRecord, incarnation: UInt64) -> RecordBox {
    records.withLock { records in
      let key = Key(id: record.id, incarnation: incarnation)
      if let box = records[key], box.record == record { return box }
      let box = RecordBox(record)
      records[key] = box
      return box
    }
  }
}

/// A record outside of the table's row, which is small this way.
final class RecordBox: Sendable {
  let record: MemberRecord

  init(_ record: MemberRecord) { self.record = record }
}
