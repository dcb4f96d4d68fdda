import NFSv4
import NIOCore
import Testing
import XDR

@Suite struct MemberCallTests {
  @Test("what CANCEL and URGE name is the declaration's bytes and no others")
  func cancel() {
    expectWire(
      CANCEL1args(file: Fixture.blockFile, index: 7), Fixture.blockFileWords + [7],
      [Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128))])
  }

  @Test("what CHASE names is the declaration's bytes and no others")
  func chase() {
    expectWire(
      CHASE1args(file: Fixture.blockFile, index: 7, initiator: 0x1_0000_0002),
      Fixture.blockFileWords + [7, 1, 2],
      [Corruption(0, 0x81, .tooLong(claimed: 0x81, limit: 128))])
  }

  @Test("STATUS answers how far its member got")
  func status() {
    expectWire(STATUS1res(progress: 0x1_0000_0002), [1, 2])
  }

  @Test("SYNC carries a message of at most 64 KiB")
  func sync() {
    expectWire(
      SYNC1(message: ByteBuffer(bytes: [1, 2, 3, 4, 5])), [5, 0x0102_0304, 0x0500_0000],
      [Corruption(0, 0x1_0001, .tooLong(claimed: 0x1_0001, limit: 65_536))])
  }

  @Test("ACCUSE names a member")
  func accuse() {
    expectWire(ACCUSE1args(member: 0x1_0000_0002), [1, 2])
  }
}
