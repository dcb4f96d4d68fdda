import NFSv4
import NIOCore
import Testing
import XDR

/// One word of a vector replaced, and what the decoder has to say of it.
struct Corruption {
  /// Index of the word in the vector.
  let word: Int
  let value: UInt32
  let error: XDRError

  init(_ word: Int, _ value: UInt32, _ error: XDRError) {
    self.word = word
    self.value = value
    self.error = error
  }
}

/// The words as bytes, most significant byte first.
func bytes(_ words: [UInt32]) -> ByteBuffer {
  var buffer = ByteBuffer()
  for word in words { buffer.writeInteger(word) }
  return buffer
}

/// Checks that `value` has exactly these words, that they decode to it, that no truncation of them
/// and nothing longer decodes, and that every corruption is noticed.
func expectWire<Value: XDRCodable & Equatable>(
  _ value: Value, _ words: [UInt32], _ corruptions: [Corruption] = [],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let wire = bytes(words)
  #expect(value.xdr == wire, "encoding", sourceLocation: sourceLocation)
  #expect(throws: Never.self, "decoding", sourceLocation: sourceLocation) {
    let decoded = try Value(xdr: wire)
    #expect(decoded == value, sourceLocation: sourceLocation)
    #expect(decoded.xdr == wire, sourceLocation: sourceLocation)
  }
  for length in 0..<wire.readableBytes {
    let prefix = wire.getSlice(at: wire.readerIndex, length: length) ?? ByteBuffer()
    #expect(throws: XDRError.truncated, "\(length) bytes", sourceLocation: sourceLocation) {
      try Value(xdr: prefix)
    }
  }
  #expect(throws: XDRError.trailingBytes(count: 4), sourceLocation: sourceLocation) {
    try Value(xdr: bytes(words + [0]))
  }
  for corruption in corruptions {
    var corrupted = words
    corrupted[corruption.word] = corruption.value
    #expect(
      throws: corruption.error, "word \(corruption.word)", sourceLocation: sourceLocation
    ) {
      try Value(xdr: bytes(corrupted))
    }
  }
}

/// Values that many vectors share.
enum Fixture {
  /// 01 02 … 10.
  static let sessionid = Sessionid4(high: 0x0102_0304_0506_0708, low: 0x090a_0b0c_0d0e_0f10)
  /// Seqid 7, then 11 12 … 1c.
  static let stateid = Stateid4(
    seqid: 7, other: StateidOther(high: 0x1112_1314_1516_1718, low: 0x191a_1b1c))
  /// a1 a2 a3 a4 a5.
  static let fh = NfsFh4(ByteBuffer(bytes: [0xa1, 0xa2, 0xa3, 0xa4, 0xa5]))
  static let owner = ClientOwner4(verifier: 0x2122_2324_2526_2728, ownerid: Array("host".utf8))
  static let implId = NfsImplId4(
    domain: Array("d".utf8), name: Array("n".utf8), date: Nfstime4(seconds: -1, nseconds: 9))
  static let netaddr = Netaddr4(netid: Array("tcp".utf8), addr: Array("192.0.2.1.8.1".utf8))
  static let device = Deviceid4(high: 0x3132_3334_3536_3738, low: 0x393a_3b3c_3d3e_3f40)
}
