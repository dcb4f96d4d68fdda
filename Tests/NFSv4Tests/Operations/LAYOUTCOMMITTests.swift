import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct LAYOUTCOMMITTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      LAYOUTCOMMIT4args(
        offset: 1, length: 2, reclaim: false, stateid: Fixture.stateid, lastWriteOffset: 3,
        timeModify: Nfstime4(seconds: 4, nseconds: 5),
        layoutupdate: Layoutupdate4(type: .NFSV4_1_FILES, body: ByteBuffer())),
      [
        0, 1, 0, 2, 0, 7,
        0x1112_1314, 0x1516_1718, 0x191a_1b1c, 1, 0, 3,
        1, 0, 4, 5, 1, 0,
      ],
      [
        Corruption(4, 2, .badBoolean(2)),
        Corruption(9, 2, .badBoolean(2)),
        Corruption(12, 3, .badBoolean(3)),
        Corruption(17, 0x0010_0001, .tooLong(claimed: 0x0010_0001, limit: 1048576)),
      ])
  }

  @Test("arguments without offset and time are shorter")
  func argumentsWithout() {
    expectWire(
      LAYOUTCOMMIT4args(
        offset: 1, length: 2, reclaim: true, stateid: Fixture.stateid, lastWriteOffset: nil,
        timeModify: nil,
        layoutupdate: Layoutupdate4(type: .NFSV4_1_FILES, body: ByteBuffer())),
      [
        0, 1, 0, 2, 1, 7,
        0x1112_1314, 0x1516_1718, 0x191a_1b1c, 0, 0, 1,
        0,
      ])
  }

  @Test("results with a new size are the RFC's bytes and no others")
  func results() {
    expectWire(
      LAYOUTCOMMIT4resok(newsize: 9),
      [
        1, 0, 9,
      ],
      [
        Corruption(0, 2, .badBoolean(2))
      ])
  }

  @Test("results without a new size are one word")
  func resultsWithout() {
    expectWire(
      LAYOUTCOMMIT4resok(newsize: nil),
      [
        0
      ])
  }
}
