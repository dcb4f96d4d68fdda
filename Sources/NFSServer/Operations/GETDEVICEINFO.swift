import NFSv4
import NIOCore
import Placement
import XDR

extension MetadataOperations {
  /// How many multipath entries a stock client accepts.
  static var deviceListLimit: Int { 256 }

  /// GETDEVICEINFO (RFC 8881 §18.40): the list of all registered data servers, each a multipath
  /// entry of its own; the stripe indices pick the one that the layout chose for this client.
  ///
  /// Beyond what a stock client accepts, the list holds the best for this client.
  /// - Parameter neededBytes: what NFS4ERR_TOOSMALL has to say.
  func getdeviceinfo(
    _ arguments: GETDEVICEINFO4args, _ context: Context, neededBytes: inout UInt32
  ) throws(Nfsstat4) -> GETDEVICEINFO4resok {
    guard arguments.layoutType == .NFSV4_1_FILES else { throw .NFS4ERR_UNKNOWN_LAYOUTTYPE }
    let key = DeviceKey(arguments.deviceId)
    guard key.instance == routing.instance else { throw .NFS4ERR_NOENT }
    let place = place(of: context.caller.address)
    let servers = withState { state -> [DataServer] in
      guard state.dataServers.count > Self.deviceListLimit else {
        return state.dataServers.values.sorted { $0.id < $1.id }
      }
      let ranked = Ranking.ranked(state.candidates, for: place).prefix(Self.deviceListLimit)
      return ranked.compactMap { state.dataServers[$0.id] }
    }
    guard let index = servers.firstIndex(where: { $0.id == key.dataServer }) else {
      throw .NFS4ERR_NOENT
    }
    let address = NfsvFileLayoutDsAddr4(
      stripeIndices: [UInt32(index)], multipathDsList: servers.map(\.addresses))
    // Both notifications echoed: otherwise a stock client drops the device with its last layout.
    let notification = arguments.notifyTypes.intersection(Bitmap4(0b110))
    // A client that allows no byte asks for the notifications only (RFC 8881 §18.40.3).
    guard arguments.maxcount > 0 else {
      return GETDEVICEINFO4resok(
        deviceAddr: DeviceAddr4(layoutType: .NFSV4_1_FILES, addrBody: ByteBuffer()),
        notification: notification)
    }
    let device = DeviceAddr4(layoutType: .NFSV4_1_FILES, addrBody: address.xdr)
    neededBytes = UInt32(truncatingIfNeeded: device.xdr.readableBytes)
    guard neededBytes <= arguments.maxcount else { throw .NFS4ERR_TOOSMALL }
    return GETDEVICEINFO4resok(deviceAddr: device, notification: notification)
  }
}
