import NFSv4
import NIOCore
import XDR

/// The devices that layouts name, and which of them failed (RFC 8881 §13.3, §18.40).
///
///     unknown ─▶ asking ─▶ known ─▶ failed, for a while ─▶ known
struct DeviceTable: Sendable {
  /// A device's data servers, and in which order a file is striped over them.
  struct Device: Equatable, Sendable {
    /// Each below the count of `servers`.
    var stripeIndices: [Int]
    /// The first address of each that can be used; nil where there is none.
    var servers: [ServerAddress?]

    /// Which data server has a byte of a file.
    /// - Returns: its address, its place in the list, and how many bytes from there on it has.
    func server(
      for offset: UInt64, of layout: LayoutTable.Layout
    ) -> (address: ServerAddress, index: Int, byteCount: UInt64)? {
      guard !stripeIndices.isEmpty else { return nil }
      let unit = offset / layout.stripeUnitBytes
      let count = UInt64(stripeIndices.count)
      let stripe = Int((unit % count + layout.firstStripeIndex % count) % count)
      let index = stripeIndices[stripe]
      guard let address = servers[index] else { return nil }
      let left = layout.stripeUnitBytes - offset % layout.stripeUnitBytes
      return (address, index, count == 1 ? .max : left)
    }
  }

  enum Step: Equatable, Sendable {
    case known(Device)
    case failed
    /// GETDEVICEINFO, which whoever is told so sends.
    case ask
    /// GETDEVICEINFO is under way.
    case wait
  }

  private struct Entry {
    var device: Device?
    var isAsking = false
    var failedUntil: NIODeadline?
  }

  /// For how long a failure is remembered (PNFS_DEVICE_RETRY_TIMEOUT).
  static let failureMemory = TimeAmount.seconds(120)

  private let limit: Int
  private var entries: [Deviceid4: Entry] = [:]

  /// - Parameter limit: devices that are remembered; at it, those that are known are forgotten and
  ///   asked for again.
  init(limit: Int = 4096) { self.limit = limit }

  /// What is known of a device.
  mutating func step(for id: Deviceid4, now: NIODeadline) -> Step {
    guard let entry = entries[id] else {
      if entries.count >= limit { entries = entries.filter { $0.value.isAsking } }
      guard entries.count < limit else { return .failed }
      entries[id] = Entry(isAsking: true)
      return .ask
    }
    if entry.isAsking { return .wait }
    if let until = entry.failedUntil, now < until { return .failed }
    if let device = entry.device { return .known(device) }
    entries[id]?.isAsking = true
    return .ask
  }

  /// GETDEVICEINFO succeeded.
  mutating func told(_ id: Deviceid4, _ resok: GETDEVICEINFO4resok, now: NIODeadline) {
    guard let device = Self.device(resok) else { return failed(id, now: now) }
    entries[id] = Entry(device: device)
  }

  /// Nobody can be reached there, or GETDEVICEINFO was refused.
  mutating func failed(_ id: Deviceid4, now: NIODeadline) {
    guard entries[id] != nil else { return }
    entries[id]?.isAsking = false
    entries[id]?.failedUntil = now + Self.failureMemory
  }

  /// CB_NOTIFY_DEVICEID: existing layouts keep what they have, later ones ask again.
  mutating func forget(_ id: Deviceid4) {
    if entries[id]?.isAsking == false { entries[id] = nil }
  }

  private static func device(_ resok: GETDEVICEINFO4resok) -> Device? {
    guard resok.deviceAddr.layoutType == .NFSV4_1_FILES,
      let body = try? NfsvFileLayoutDsAddr4(xdr: resok.deviceAddr.addrBody),
      !body.stripeIndices.isEmpty,
      body.stripeIndices.allSatisfy({ Int($0) < body.multipathDsList.count })
    else { return nil }
    return Device(
      stripeIndices: body.stripeIndices.map { Int($0) },
      servers: body.multipathDsList.map { paths in
        paths.lazy.compactMap { ServerAddress($0) }.first
      })
  }
}
