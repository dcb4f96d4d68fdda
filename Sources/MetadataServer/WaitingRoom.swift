import NFSv4
import NIOCore
import Synchronization

/// Requests that wait for a little while until nothing is in the way of them: each for one file.
///
/// Without it they would be answered NFS4ERR_DELAY, and a stock client would try again after
/// 100 ms, and then after twice as long each time.
final class WaitingRoom<Request: Sendable>: Sendable {
  /// For so long a request waits. Whoever has to give something up has done so after a round trip;
  /// who has not by now may take long, and the client's slot is better free.
  static var patience: TimeAmount { .milliseconds(200) }
  /// Requests that wait at once. More do not wait.
  static var seatLimit: Int { 4096 }

  private struct Table {
    var nextSeat: UInt64 = 1
    var seats: [UInt64: (request: Request, file: NfsFh4)] = [:]
    var seatsByFile: [NfsFh4: Set<UInt64>] = [:]

    mutating func leave(_ seat: UInt64) -> Request? {
      guard let taken = seats.removeValue(forKey: seat) else { return nil }
      seatsByFile[taken.file]?.remove(seat)
      if seatsByFile[taken.file]?.isEmpty == true { seatsByFile[taken.file] = nil }
      return taken.request
    }
  }

  private let table = Mutex(Table())

  var count: Int { table.withLock { $0.seats.count } }

  /// - Returns: the seat; nil when there is none.
  func enter(_ request: Request, for file: NfsFh4) -> UInt64? {
    table.withLock { table in
      guard table.seats.count < Self.seatLimit else { return nil }
      let seat = table.nextSeat
      table.nextSeat += 1
      table.seats[seat] = (request, file)
      table.seatsByFile[file, default: []].insert(seat)
      return seat
    }
  }

  /// - Returns: the request, to whoever asks first; nil after that.
  func leave(_ seat: UInt64) -> Request? { table.withLock { $0.leave(seat) } }

  /// All that wait for one of the files, in the order they came.
  func leave(_ files: [NfsFh4]) -> [Request] {
    table.withLock { table in
      var requests: [Request] = []
      for file in files {
        for seat in (table.seatsByFile[file] ?? []).sorted() {
          if let request = table.leave(seat) { requests.append(request) }
        }
      }
      return requests
    }
  }
}
