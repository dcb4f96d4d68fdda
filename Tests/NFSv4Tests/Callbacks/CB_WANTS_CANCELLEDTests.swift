import NFSv4
import Testing
import XDR

@Suite struct CB_WANTS_CANCELLEDTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_WANTS_CANCELLED4args(
        contendedWantsCancelled: true, resourcedWantsCancelled: false),
      [
        1, 0,
      ],
      [
        Corruption(0, 2, .badBoolean(2)),
        Corruption(1, 2, .badBoolean(2)),
      ])
  }
}
