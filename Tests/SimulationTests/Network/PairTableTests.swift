import Testing

@testable import Simulation

@Suite struct PairTableTests {
  @Test("every pair and channel has its own value, however many there are")
  func growth() {
    var table = PairTable()
    var value: Int32 = 0
    for source: Int32 in 0..<60 {
      for destination: Int32 in 0..<60 {
        for channel: UInt8 in 0..<4 {
          #expect(table.find(source, destination, channel) == nil)
          table.insert(source, destination, channel, value)
          value += 1
        }
      }
    }
    for wanted in 0..<value {
      let pair = wanted / 4
      #expect(table.find(pair / 60, pair % 60, UInt8(wanted % 4)) == wanted)
    }
  }
}
