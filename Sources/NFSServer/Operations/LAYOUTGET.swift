import NFSv4
import NIOCore
import Placement
import XDR

extension MetadataOperations {
  /// LAYOUTGET (RFC 8881 §18.43): the whole file, for reading, from the data server that suits
  /// this client best.
  ///
  /// What a stock client makes of a refusal decides which one is given: NFS4ERR_LAYOUTUNAVAILABLE
  /// keeps it from asking for this file for two minutes, and says "not this file, not this mode";
  /// NFS4ERR_BADLAYOUT lets it read here at once and ask again at its next read, and says "no data
  /// server now".
  func layoutget(
    _ arguments: LAYOUTGET4args, _ context: inout Context
  ) throws(Nfsstat4) -> LAYOUTGET4resok {
    let object = try context.object()
    guard policy.grantsLayouts, object.type == .NF4REG else { throw .NFS4ERR_LAYOUTUNAVAILABLE }
    guard arguments.layoutType == .NFSV4_1_FILES else { throw .NFS4ERR_UNKNOWN_LAYOUTTYPE }
    guard arguments.length != 0, arguments.length >= arguments.minlength,
      Self.isRange(arguments.offset, arguments.length),
      Self.isRange(arguments.offset, arguments.minlength)
    else { throw .NFS4ERR_INVAL }
    switch arguments.iomode {
    case .LAYOUTIOMODE4_READ: break
    case .LAYOUTIOMODE4_RW: throw .NFS4ERR_LAYOUTUNAVAILABLE
    case .LAYOUTIOMODE4_ANY: throw .NFS4ERR_BADIOMODE
    }
    let stateid = try context.resolve(arguments.stateid)
    guard tree.mayBeServedByPeers(object) else { throw .NFS4ERR_LAYOUTUNAVAILABLE }
    try admitLayout()
    let version = try currentVersion(of: object)
    guard version.size >= policy.minFileBytes else { throw .NFS4ERR_LAYOUTUNAVAILABLE }
    let isServable = version.size > 0 && version.isSettled
    let file = object.handle.detached()
    let place = place(of: context.caller.address)
    let (clientid, now) = (context.clientid, now())
    // Every layout of the file takes the same room.
    guard
      layout(of: file, dataServer: 0, generation: 0).xdr.readableBytes <= Int(arguments.maxcount)
    else { throw .NFS4ERR_TOOSMALL }
    saw(version.change, of: file)
    let (granted, generation) = try withState {
      state throws(Nfsstat4) -> (LayoutState, UInt32) in
      let ranked = isServable ? Ranking.ranked(state.candidates, for: place) : []
      let granted = try state.layoutget(
        file, stateid: stateid, clientid: clientid, ranked: ranked,
        isInOpen: arguments.stateid == .current, now: now)
      return (granted, state.registryGeneration)
    }
    context.currentStateid = granted.stateid
    return LAYOUTGET4resok(
      returnOnClose: false, stateid: granted.stateid,
      layout: [layout(of: file, dataServer: granted.dataServer, generation: generation)])
  }

  /// Whether a range ends where an offset can be. All ones stand for the end of the file
  /// (RFC 8881 §18.43.3).
  private static func isRange(_ offset: UInt64, _ length: UInt64) -> Bool {
    length == NFS4.UINT64_MAX || length <= NFS4.UINT64_MAX - offset
  }

  /// A client whose LAYOUTGET fails with the error of a disk fails the application's read without
  /// trying it here: only what is gone is said to be.
  private func currentVersion(of object: Tree.Object) throws(Nfsstat4) -> ContentVersion {
    do throws(Nfsstat4) {
      return try tree.version(of: object)
    } catch {
      throw error == .NFS4ERR_STALE ? error : .NFS4ERR_BADLAYOUT
    }
  }

  private func layout(of file: NfsFh4, dataServer: UInt64, generation: UInt32) -> Layout4 {
    let body = NfsvFileLayout4(
      deviceid: DeviceKey(
        instance: routing.instance, generation: generation, dataServer: dataServer
      ).deviceid,
      util: NflUtil4(rawValue: policy.stripeUnitBytes), firstStripeIndex: 0, patternOffset: 0,
      fhList: [routing.routed(file)])
    return Layout4(
      offset: 0, length: NFS4.UINT64_MAX, iomode: .LAYOUTIOMODE4_READ,
      content: LayoutContent4(type: .NFSV4_1_FILES, body: body.xdr))
  }

  /// Where a client is.
  func place(of address: [UInt8]) -> ClientPlace {
    ClientPlace(address: address, locality: policy.locality(address))
  }
}

/// What a device ID says: which data server is chosen out of which list of all.
///
///     struct key { uint32_t instance; uint32_t generation; uint64_t data_server; };
///
/// A client keeps what it learned of a device ID, so another list is another ID.
struct DeviceKey: Hashable {
  let instance: UInt32
  let generation: UInt32
  let dataServer: UInt64

  init(instance: UInt32, generation: UInt32, dataServer: UInt64) {
    self.instance = instance
    self.generation = generation
    self.dataServer = dataServer
  }

  init(_ deviceid: Deviceid4) {
    instance = UInt32(truncatingIfNeeded: deviceid.high >> 32)
    generation = UInt32(truncatingIfNeeded: deviceid.high)
    dataServer = deviceid.low
  }

  var deviceid: Deviceid4 {
    Deviceid4(high: UInt64(instance) << 32 | UInt64(generation), low: dataServer)
  }
}
