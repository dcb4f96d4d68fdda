import NFSv4
import Testing
import XDR

@Suite struct CB_RECALL_ANYTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_RECALL_ANY4args(objectsToKeep: 10, typeMask: Bitmap4(0x9)),
      [
        0xa, 1, 9,
      ],
      [
        Corruption(1, 9, .tooLong(claimed: 9, limit: 8))
      ])
  }
}
