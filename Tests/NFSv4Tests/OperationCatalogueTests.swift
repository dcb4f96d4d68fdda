import NFSv4
import NIOCore
import Testing
import XDR

@Suite("OperationCatalogue")
struct OperationCatalogueTests {
  static func skip(_ operation: NfsOpnum4, _ bytes: [UInt8]) throws(XDRError) -> Int {
    var decoder = XDRDecoder(ByteBuffer(bytes: bytes))
    try OperationCatalogue.skipArguments(of: operation, from: &decoder)
    return decoder.remainingBytes
  }

  @Test("operations without arguments take nothing")
  func noArguments() throws {
    for operation in [
      NfsOpnum4.OP_GETFH, .OP_LOOKUPP, .OP_PUTPUBFH, .OP_PUTROOTFH, .OP_READLINK, .OP_RESTOREFH,
      .OP_SAVEFH, .OP_ILLEGAL,
    ] {
      #expect(try Self.skip(operation, [1, 2, 3]) == 3)
    }
  }

  @Test("arguments are taken to their end and no further")
  func arguments() throws {
    let bytes = RENAME4args(oldname: [0x61], newname: [0x62]).xdr
    #expect(try Self.skip(.OP_RENAME, Array(bytes.readableBytesView) + [7, 7]) == 2)
    let seek = SEEK4args(stateid: WireSample.stateid, offset: 1, what: .NFS4_CONTENT_DATA).xdr
    #expect(try Self.skip(.OP_SEEK, Array(seek.readableBytesView) + [7]) == 1)
  }

  @Test("no operation with arguments accepts none")
  func truncated() {
    let without: Set<NfsOpnum4> = [
      .OP_GETFH, .OP_LOOKUPP, .OP_PUTPUBFH, .OP_PUTROOTFH, .OP_READLINK, .OP_RESTOREFH,
      .OP_SAVEFH, .OP_ILLEGAL,
    ]
    for number in Array(UInt32(0)...80) + [10044, 0x5032_5001, 0x5032_5002, 0x5032_5003] {
      guard let operation = NfsOpnum4(rawValue: number), !without.contains(operation) else {
        continue
      }
      #expect(throws: XDRError.truncated, "\(operation)") { try Self.skip(operation, []) }
    }
  }

  @Test("malformed arguments are refused")
  func malformed() {
    #expect(throws: XDRError.badBoolean(2)) { try Self.skip(.OP_OPENATTR, [0, 0, 0, 2]) }
  }
}
