import Settings
import Synchronization
import Testing

@Suite struct KeyRingTests {
  private let one = [UInt8](repeating: 1, count: 32)
  private let two = [UInt8](repeating: 2, count: 32)

  @Test("whoever wants to know is told other keys, and nothing about the same ones")
  func told() {
    let ring = KeyRing([one])
    let heard = Mutex<[[[UInt8]]]>([])
    ring.onChange { keys in heard.withLock { $0.append(keys) } }
    #expect(!ring.replace(with: [one]))
    #expect(ring.replace(with: [two, one]))
    #expect(ring.keys == [two, one])
    #expect(heard.withLock { $0 } == [[two, one]])
  }
}
