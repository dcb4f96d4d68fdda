import Foundation
import Settings

/// One read of a recorded trace: a line of JSON such as
/// `{"time": 0.25, "peer": 3, "file": "lib/libc.so.6", "offset": 0, "length": 131072}`.
struct RecordedRead: Hashable {
  /// Since its reader began.
  var nanoseconds: Int64
  /// The number of the peer; nil for "each of them".
  var peer: Int?
  var file: String
  /// In bytes, as all that follows.
  var offset: Int
  var length: Int

  /// The largest trace that is read.
  static let fileByteLimit = 256 << 20
  /// The end of the largest file a trace can tell of.
  static let offsetLimit = 1 << 40

  private static let expected =
    #"{"time": SECONDS, "peer": NUMBER, "file": NAME, "offset": BYTES, "length": BYTES}"#

  private struct Line: Decodable {
    var time: Double
    var peer: Int?
    var file: String
    var offset: Int
    var length: Int
  }

  /// Reads a trace; lines that do not read are logged with their numbers.
  static func read(_ bytes: [UInt8], peerCount: Int, _ log: ProblemLog) -> [RecordedRead] {
    let decoder = JSONDecoder()
    var reads: [RecordedRead] = []
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, text) in lines.enumerated() where !text.allSatisfy({ $0 == 32 || $0 == 13 }) {
      guard let line = try? decoder.decode(Line.self, from: Data(text)) else {
        log.add(line: index + 1, key: nil, found: "another line", expected: expected)
        continue
      }
      guard let read = RecordedRead(line, index + 1, peerCount: peerCount, log) else { continue }
      reads.append(read)
    }
    return reads
  }

  private init?(_ line: Line, _ number: Int, peerCount: Int, _ log: ProblemLog) {
    func refuse(_ key: String, _ found: String, _ expected: String) {
      log.add(line: number, key: key, found: found, expected: expected)
    }
    var isRight = true
    if !(0...1e8).contains(line.time) {
      refuse("time", "\(line.time)", "seconds from 0 to 100000000")
      isRight = false
    }
    if let peer = line.peer, !(1...max(1, peerCount)).contains(peer) {
      refuse("peer", "\(peer)", "the number of a peer, 1 to \(peerCount)")
      isRight = false
    }
    if !(0...Self.offsetLimit).contains(line.offset) {
      refuse("offset", "\(line.offset)", "bytes from 0 to 1TiB")
      isRight = false
    }
    if !(1...Self.offsetLimit).contains(line.length) {
      refuse("length", "\(line.length)", "bytes from 1 to 1TiB")
      isRight = false
    }
    guard isRight else { return nil }
    nanoseconds = Int64(line.time * 1e9)
    peer = line.peer
    file = line.file
    offset = line.offset
    length = line.length
  }
}
