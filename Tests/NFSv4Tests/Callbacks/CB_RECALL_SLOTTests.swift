import NFSv4
import Testing
import XDR

@Suite struct CB_RECALL_SLOTTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_RECALL_SLOT4args(targetHighestSlotid: 15),
      [
        0xf
      ])
  }
}
