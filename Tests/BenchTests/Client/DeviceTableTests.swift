import NFSv4
import NIOCore
import Testing
import XDR

@testable import Bench

@Suite struct DeviceTableTests {
  private static let id = Deviceid4(high: 1, low: 1)
  private static let now = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

  private static func resok(
    indices: [UInt32], servers: [[String]]
  ) -> GETDEVICEINFO4resok {
    let body = NfsvFileLayoutDsAddr4(
      stripeIndices: indices,
      multipathDsList: servers.map { paths in
        paths.map { Netaddr4(netid: Netaddr4.tcp, addr: Array($0.utf8)) }
      })
    return GETDEVICEINFO4resok(
      deviceAddr: DeviceAddr4(layoutType: .NFSV4_1_FILES, addrBody: body.xdr),
      notification: Bitmap4())
  }

  private static func layout(unit: UInt64, first: UInt64 = 0) -> LayoutTable.Layout {
    LayoutTable.Layout(
      id: 1, stateid: .current, deviceid: id, stripeUnitBytes: unit, firstStripeIndex: first,
      patternOffset: 0, fhList: [], returnOnClose: false)
  }

  private func told(_ resok: GETDEVICEINFO4resok) -> DeviceTable.Step {
    var table = DeviceTable()
    let steps = [
      table.step(for: Self.id, now: Self.now), table.step(for: Self.id, now: Self.now),
    ]
    #expect(steps == [.ask, .wait])
    table.told(Self.id, resok, now: Self.now)
    return table.step(for: Self.id, now: Self.now)
  }

  @Test("the stripe index chooses among all data servers of the list")
  func stripeIndex() throws {
    let step = told(
      Self.resok(indices: [1], servers: [["10.0.0.1.8.1"], ["10.0.0.2.8.1"], []]))
    guard case .known(let device) = step else {
      Issue.record("\(step)")
      return
    }
    let place = try #require(device.server(for: 5000, of: Self.layout(unit: 4096)))
    #expect(place.address == ServerAddress(host: "10.0.0.2", port: 2049))
    #expect(place.index == 1)
    #expect(place.byteCount == .max)
  }

  @Test("a file that is striped goes round from the first stripe index, cut at the units' ends")
  func striped() throws {
    let step = told(
      Self.resok(indices: [0, 1], servers: [["10.0.0.1.8.1"], ["10.0.0.2.8.1"]]))
    guard case .known(let device) = step else {
      Issue.record("\(step)")
      return
    }
    let layout = Self.layout(unit: 4096, first: 1)
    let indices = [0, 4095, 4096, 8192].map { device.server(for: $0, of: layout)?.index }
    #expect(indices == [1, 1, 0, 1])
    #expect(device.server(for: 4000, of: layout)?.byteCount == 96)
  }

  @Test("the first address that can be used counts")
  func multipath() {
    let step = told(Self.resok(indices: [0], servers: [["host.name", "10.0.0.3.0.80"]]))
    #expect(
      step
        == .known(
          DeviceTable.Device(
            stripeIndices: [0], servers: [ServerAddress(host: "10.0.0.3", port: 80)])))
  }

  @Test("an index beyond the list, or no index, is a failed device")
  func malformed() {
    #expect(told(Self.resok(indices: [1], servers: [["10.0.0.1.8.1"]])) == .failed)
    #expect(told(Self.resok(indices: [], servers: [["10.0.0.1.8.1"]])) == .failed)
  }

  @Test("a failure is remembered for 120 s, and what was known stays known")
  func failure() {
    var table = DeviceTable()
    _ = table.step(for: Self.id, now: Self.now)
    table.told(
      Self.id, Self.resok(indices: [0], servers: [["10.0.0.1.8.1"]]), now: Self.now)
    table.failed(Self.id, now: Self.now)
    let soon = table.step(for: Self.id, now: Self.now + .seconds(119))
    #expect(soon == .failed)
    guard case .known = table.step(for: Self.id, now: Self.now + .seconds(120)) else {
      Issue.record("forgotten")
      return
    }
  }

  @Test("a full table forgets what it knows, not what it asks for")
  func bound() {
    var table = DeviceTable(limit: 1)
    _ = table.step(for: Self.id, now: Self.now)
    let second = Deviceid4(high: 2, low: 2)
    let first = table.step(for: second, now: Self.now)
    #expect(first == .failed)
    table.told(
      Self.id, Self.resok(indices: [0], servers: [["10.0.0.1.8.1"]]), now: Self.now)
    let later = table.step(for: second, now: Self.now)
    #expect(later == .ask)
  }
}
