import NFSv4
import Testing
import XDR

@Suite struct DESTROY_SESSIONTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      DESTROY_SESSION4args(sessionid: Fixture.sessionid),
      [
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10,
      ])
  }
}
