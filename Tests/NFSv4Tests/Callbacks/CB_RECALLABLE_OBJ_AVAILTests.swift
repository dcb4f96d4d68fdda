import NFSv4
import Testing
import XDR

@Suite struct CB_RECALLABLE_OBJ_AVAILTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CB_RECALLABLE_OBJ_AVAIL4args(objectsToKeep: 1, typeMask: Bitmap4(0, 2)),
      [
        1, 2, 0, 2,
      ],
      [
        Corruption(1, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 8))
      ])
  }
}
