import NFSv4
import NIOCore
import XDR

/// The layouts a client holds, one a file, and what it does with them (RFC 8881 §12.5).
///
///     unknown ─▶ asking ─granted─▶ held ─recalled, or its device failed─▶ returning ─▶ unknown
///                  │                └─dropped: a data server would not serve under it─▶ unknown
///                  └─refused─▶ unknown; after NFS4ERR_LAYOUTUNAVAILABLE, not asked for a while
///
/// At `limit` files, those without a layout of their own are read from the metadata server.
struct LayoutTable: Sendable {
  /// A layout of a whole file for reading.
  struct Layout: Sendable {
    /// Unique in this client: a layout that was dropped is not one that came later.
    var id: UInt64
    var stateid: Stateid4
    var deviceid: Deviceid4
    var stripeUnitBytes: UInt64
    var firstStripeIndex: UInt64
    var patternOffset: UInt64
    /// None: the file's own.
    var fhList: [NfsFh4]
    var returnOnClose: Bool
  }

  /// Where a READ goes.
  enum Step: Sendable {
    case dataServer(Layout)
    case metadataServer
    /// LAYOUTGET, which whoever is told so sends.
    case ask
    /// LAYOUTGET is under way.
    case wait
  }

  /// A layout that is to be given back now.
  struct Return: Equatable, Sendable {
    var file: NfsFh4
    var stateid: Stateid4
  }

  private struct Entry {
    var layout: Layout?
    /// READs under this layout.
    var readsInFlight = 0
    var isAsking = false
    var isReturning = false
    var refusedUntil: NIODeadline?
  }

  /// For how long a refusal is remembered (PNFS_LAYOUTGET_RETRY_TIMEOUT).
  static let refusalMemory = TimeAmount.seconds(120)

  private let limit: Int
  private var entries: [NfsFh4: Entry] = [:]
  private var nextID: UInt64 = 1
  /// How many were granted, recalled and returned.
  private(set) var grantedCount = 0
  private(set) var recalledCount = 0

  /// - Parameter limit: files that are remembered.
  init(limit: Int = 65_536) { self.limit = limit }

  /// Files that are remembered.
  var count: Int { entries.count }

  /// Layouts that are held.
  var heldCount: Int { entries.values.count { $0.layout != nil } }

  /// Where the next READ of a file goes.
  /// - Parameter file: in storage of its own.
  mutating func step(for file: NfsFh4, now: NIODeadline) -> Step {
    guard var entry = entries[file] else {
      guard entries.count < limit else { return .metadataServer }
      entries[file] = Entry(isAsking: true)
      return .ask
    }
    if entry.isReturning { return .metadataServer }
    if let layout = entry.layout { return .dataServer(layout) }
    if entry.isAsking { return .wait }
    if let until = entry.refusedUntil, now < until { return .metadataServer }
    entry.isAsking = true
    entry.refusedUntil = nil
    entries[file] = entry
    return .ask
  }

  /// The layout of a file, unless it is on its way back.
  func layout(of file: NfsFh4) -> Layout? {
    guard let entry = entries[file], !entry.isReturning else { return nil }
    return entry.layout
  }

  /// LAYOUTGET succeeded, by itself or within OPEN.
  /// - Returns: whether the layout can be used.
  @discardableResult
  mutating func granted(_ file: NfsFh4, _ resok: LAYOUTGET4resok, now: NIODeadline) -> Bool {
    guard entries[file] != nil || entries.count < limit else { return false }
    var entry = entries[file] ?? Entry()
    entry.isAsking = false
    guard let layout = Self.layout(resok, id: nextID) else {
      entry.refusedUntil = now + Self.refusalMemory
      entries[file] = entry
      return false
    }
    nextID += 1
    grantedCount += 1
    // What is under way under the former layout is no concern of this one.
    entry.readsInFlight = 0
    entry.isReturning = false
    entry.refusedUntil = nil
    entry.layout = layout
    entries[file] = entry
    return true
  }

  /// LAYOUTGET failed. After NFS4ERR_LAYOUTUNAVAILABLE it is not sent again for a while; after
  /// anything else, the next READ asks again.
  mutating func refused(_ file: NfsFh4, _ status: Nfsstat4, now: NIODeadline) {
    guard var entry = entries[file] else { return }
    entry.isAsking = false
    if status == .NFS4ERR_LAYOUTUNAVAILABLE { entry.refusedUntil = now + Self.refusalMemory }
    entries[file] = entry
  }

  /// A READ under a layout begins.
  mutating func begin(_ file: NfsFh4, id: UInt64) {
    guard entries[file]?.layout?.id == id else { return }
    entries[file]?.readsInFlight += 1
  }

  /// A READ under a layout has ended.
  /// - Returns: what to give back, if it was the last and the layout is wanted back.
  mutating func finish(_ file: NfsFh4, id: UInt64) -> Return? {
    guard let entry = entries[file], entry.layout?.id == id, entry.readsInFlight > 0 else {
      return nil
    }
    entries[file]?.readsInFlight -= 1
    return returnIfIdle(file)
  }

  /// Forgets a layout without returning it.
  mutating func drop(_ file: NfsFh4, id: UInt64) {
    guard var entry = entries[file], entry.layout?.id == id else { return }
    entry.layout = nil
    entry.readsInFlight = 0
    entry.isReturning = false
    entries[file] = entry
  }

  /// Its device cannot be used: the layout goes back when its READs have ended, and no other one
  /// is asked for during a while.
  /// - Returns: what to give back at once.
  mutating func fail(_ file: NfsFh4, id: UInt64, now: NIODeadline) -> Return? {
    guard entries[file]?.layout?.id == id else { return nil }
    entries[file]?.isReturning = true
    entries[file]?.refusedUntil = now + Self.refusalMemory
    return returnIfIdle(file)
  }

  private mutating func returnIfIdle(_ file: NfsFh4) -> Return? {
    guard var entry = entries[file], entry.isReturning, entry.readsInFlight == 0,
      let layout = entry.layout
    else { return nil }
    entry.layout = nil
    entry.isReturning = false
    entries[file] = entry
    return Return(file: file, stateid: layout.stateid)
  }

  /// The file is not open any more: what CLOSE has to give back, if the server wants that.
  mutating func closed(_ file: NfsFh4) -> Return? {
    guard var entry = entries[file] else { return nil }
    if let layout = entry.layout, layout.returnOnClose, entry.readsInFlight == 0 {
      entry.layout = nil
      entries[file] = entry.refusedUntil == nil ? nil : entry
      return Return(file: file, stateid: layout.stateid)
    }
    if entry.layout == nil, !entry.isAsking, entry.refusedUntil == nil { entries[file] = nil }
    return nil
  }

  /// CB_LAYOUTRECALL (`initiate_file_draining`, `initiate_bulk_draining` of Linux).
  mutating func recall(_ arguments: CB_LAYOUTRECALL4args) -> Nfsstat4 {
    guard arguments.type == .NFSV4_1_FILES else { return .NFS4ERR_NOMATCHING_LAYOUT }
    recalledCount += 1
    switch arguments.recall {
    case .file(let wanted): return recall(wanted)
    case .fsid, .all:
      var isBusy = false
      for (file, entry) in entries where entry.layout != nil {
        if entry.readsInFlight > 0 {
          entries[file]?.isReturning = true
          isBusy = true
        } else {
          entries[file]?.layout = nil
          entries[file]?.isReturning = false
        }
      }
      return isBusy ? .NFS4ERR_DELAY : .NFS4ERR_NOMATCHING_LAYOUT
    }
  }

  private mutating func recall(_ wanted: LayoutrecallFile4) -> Nfsstat4 {
    guard var entry = entries[wanted.fh], var layout = entry.layout else {
      return .NFS4ERR_NOMATCHING_LAYOUT
    }
    guard layout.stateid.other == wanted.stateid.other else { return .NFS4ERR_BAD_STATEID }
    if !entry.isReturning {
      let next = Self.seqid(after: layout.stateid.seqid)
      if wanted.stateid.seqid != next {
        // Sequence ids wrap around: what is less than half the circle behind is older.
        return wanted.stateid.seqid &- next > .max / 2 ? .NFS4ERR_OLD_STATEID : .NFS4ERR_DELAY
      }
    }
    guard entry.readsInFlight > 0 else {
      entry.layout = nil
      entry.isReturning = false
      entries[wanted.fh] = entry
      return .NFS4ERR_NOMATCHING_LAYOUT
    }
    layout.stateid.seqid = wanted.stateid.seqid
    entry.layout = layout
    entry.isReturning = true
    entries[wanted.fh] = entry
    return .NFS4_OK
  }

  /// Zero is no sequence id of a layout stateid (RFC 8881 §12.5.3).
  private static func seqid(after seqid: UInt32) -> UInt32 { seqid == .max ? 1 : seqid + 1 }

  /// What a stock client takes: one segment, of the whole file, by file layout, sparse.
  private static func layout(_ resok: LAYOUTGET4resok, id: UInt64) -> Layout? {
    guard let segment = resok.layout.first, segment.content.type == .NFSV4_1_FILES,
      segment.offset == 0, segment.length == NFS4.UINT64_MAX,
      let body = try? NfsvFileLayout4(xdr: segment.content.body),
      body.util.stripeUnitBytes > 0, !body.util.contains(.DENSE), body.patternOffset == 0
    else { return nil }
    return Layout(
      id: id, stateid: resok.stateid, deviceid: body.deviceid,
      stripeUnitBytes: UInt64(body.util.stripeUnitBytes),
      firstStripeIndex: UInt64(body.firstStripeIndex), patternOffset: body.patternOffset,
      fhList: body.fhList.map { $0.detached() }, returnOnClose: resok.returnOnClose)
  }
}
