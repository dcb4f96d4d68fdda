import NFSv4
import Testing
import XDR

@Suite struct RECLAIM_COMPLETETests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      RECLAIM_COMPLETE4args(oneFs: true),
      [
        1
      ],
      [
        Corruption(0, 2, .badBoolean(2))
      ])
  }
}
