import NIOCore
import Testing
import XDR

private struct Pair: XDRCodable, Equatable {
  var one: UInt32
  var name: [UInt8]

  init(one: UInt32, name: [UInt8]) {
    self.one = one
    self.name = name
  }

  init(from decoder: inout XDRDecoder) throws(XDRError) {
    one = try decoder.uint32()
    name = try decoder.bytes(limit: 8)
  }

  func encode(to encoder: inout XDREncoder) {
    encoder.uint32(one)
    encoder.opaque(name)
  }
}

@Suite struct XDRCodableTests {
  @Test("a value has to take the whole buffer")
  func wholeBuffer() throws {
    let pair = Pair(one: 3, name: [1, 2])
    #expect(try Pair(xdr: pair.xdr) == pair)
    var longer = pair.xdr
    longer.writeInteger(UInt32(0))
    #expect(throws: XDRError.trailingBytes(count: 4)) { try Pair(xdr: longer) }
    for count in 0..<pair.xdr.readableBytes {
      #expect(throws: XDRError.truncated) {
        try Pair(xdr: ByteBuffer(bytes: pair.xdr.readableBytesView.prefix(count)))
      }
    }
  }
}
