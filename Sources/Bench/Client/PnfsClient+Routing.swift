import NFSv4
import NIOCore

/// Where a READ goes: decided in one step under the client's lock.
extension PnfsClient {
  /// A READ by a layout.
  struct DataServerRead: Sendable {
    var session: ClientSession
    var server: ServerAddress
    var layout: LayoutTable.Layout
    var handle: NfsFh4
    var stateid: Stateid4
    var count: UInt32
  }

  enum Next: Sendable {
    case dataServer(DataServerRead)
    case metadataServer(Stateid4)
    case askLayout(Stateid4)
    case askDevice(Deviceid4)
    case connect(ServerAddress, Deviceid4)
    case wait
    case closed
  }
}

extension PnfsClient.State {
  /// Of a READ: the delegation's if one is held, else the open's; with seqid 0, as a stock client
  /// sends it (`nfs4_select_rw_stateid`).
  func stateid(of file: PnfsClient.OpenFile) -> Stateid4 {
    Stateid4(seqid: 0, other: (delegations[file.handle] ?? file.stateid).other)
  }

  /// The next step of a READ that may go by a layout; where that is to wait, it was put in line.
  mutating func next(
    for read: PendingRead, now: NIODeadline
  ) -> (PnfsClient.Next, LayoutTable.Return?) {
    let file = read.file.handle
    switch layouts.step(for: file, now: now) {
    case .metadataServer: return (.metadataServer(stateid(of: read.file)), nil)
    case .ask:
      waiting[.layout(file), default: []].append(read)
      return (.askLayout(stateid(of: read.file)), nil)
    case .wait: return (line(up: read, for: .layout(file)), nil)
    case .dataServer(let layout):
      switch devices.step(for: layout.deviceid, now: now) {
      case .ask:
        waiting[.device(layout.deviceid), default: []].append(read)
        return (.askDevice(layout.deviceid), nil)
      case .wait: return (line(up: read, for: .device(layout.deviceid)), nil)
      case .failed: return failed(read, layout, now: now)
      case .known(let device): return next(for: read, layout, device, now: now)
      }
    }
  }

  private mutating func next(
    for read: PendingRead, _ layout: LayoutTable.Layout, _ device: DeviceTable.Device,
    now: NIODeadline
  ) -> (PnfsClient.Next, LayoutTable.Return?) {
    guard let (address, index, byteCount) = device.server(for: read.offset, of: layout),
      let handle = Self.handle(of: read.file, layout, device, index: index)
    else { return failed(read, layout, now: now) }
    switch servers[address] {
    case .none:
      guard servers.count < PnfsClient.serverLimit else { return failed(read, layout, now: now) }
      servers[address] = .connecting
      waiting[.server(address), default: []].append(read)
      return (.connect(address, layout.deviceid), nil)
    case .connecting: return (line(up: read, for: .server(address)), nil)
    case .ready(let session):
      layouts.begin(read.file.handle, id: layout.id)
      let limit = min(byteCount, UInt64(session.maxReadBytes))
      let target = PnfsClient.DataServerRead(
        session: session, server: address, layout: layout, handle: handle,
        stateid: stateid(of: read.file), count: UInt32(clamping: min(UInt64(read.count), limit)))
      return (.dataServer(target), nil)
    }
  }

  /// Sparse packing: no handle, one for all, or one for each data server.
  private static func handle(
    of file: PnfsClient.OpenFile, _ layout: LayoutTable.Layout, _ device: DeviceTable.Device,
    index: Int
  ) -> NfsFh4? {
    switch layout.fhList.count {
    case 0: file.handle
    case 1: layout.fhList[0]
    case device.servers.count: layout.fhList[index]
    default: nil
    }
  }

  private mutating func failed(
    _ read: PendingRead, _ layout: LayoutTable.Layout, now: NIODeadline
  ) -> (PnfsClient.Next, LayoutTable.Return?) {
    let back = layouts.fail(read.file.handle, id: layout.id, now: now)
    return (.metadataServer(stateid(of: read.file)), back)
  }

  private mutating func line(
    up read: PendingRead, for awaited: PnfsClient.Awaited
  ) -> PnfsClient.Next {
    guard waiting[awaited]?.count ?? 0 < PnfsClient.waitingLimit else {
      return .metadataServer(stateid(of: read.file))
    }
    waiting[awaited, default: []].append(read)
    return .wait
  }

  /// Notes what a data server answered instead of data.
  mutating func note(_ error: ClientError) {
    let name =
      switch error {
      case .status(let status, operation: _): "\(status)"
      case .disconnected: "disconnected"
      case .malformed: "malformed"
      default: "other"
      }
    // There are as many names as statuses.
    counters.refusals[name, default: 0] += 1
  }
}
