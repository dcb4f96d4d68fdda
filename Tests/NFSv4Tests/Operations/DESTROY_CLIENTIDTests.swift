import NFSv4
import Testing
import XDR

@Suite struct DESTROY_CLIENTIDTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      DESTROY_CLIENTID4args(clientid: 0x1_0000_0002),
      [
        1, 2,
      ])
  }
}
