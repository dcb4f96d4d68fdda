import BlockCache
import NFSv4
import NIOCore

/// The grants a data server holds, and what took grants away lately.
///
/// A grant's states: asked for → granted → gone (revoked, recalled, expired, pushed out, or its
/// client, registration or session ended). One that is gone never comes back: what is granted
/// again has a new id.
///
/// A revocation may overtake the reply that made the grant it is about (RFC 8881 §2.10.6.3). So
/// who asks takes a `mark` first, and `insert` refuses what was revoked since.
///
/// At `limit` grants the oldest goes; its next READ asks the metadata server again.
struct GrantTable: Sendable {
  /// What took grants away.
  enum Revocation: Hashable, Sendable {
    /// Everything of a client, by its ID at the metadata server.
    case client(Clientid4)
    /// One grant, by its proxy stateid.
    case proxyStateid(StateidOther)
    /// Every grant on any version of a file.
    case file(FileID)
    /// Every grant.
    case all
  }

  private struct Entry {
    var key: GrantKey
    var grant: Grant
  }

  private let limit: Int
  private let revocationLimit: Int
  private var entries: [UInt64: Entry] = [:]
  private var ids: [GrantKey: UInt64] = [:]
  private var byClient: [Clientid4: Set<UInt64>] = [:]
  private var byProxyStateid: [StateidOther: Set<UInt64>] = [:]
  private var byFile: [FileID: Set<UInt64>] = [:]
  private var byOwnClient: [Clientid4: Set<UInt64>] = [:]
  /// Ids as they were made; some are gone already.
  private var order = CircularBuffer<UInt64>()
  private var nextID: UInt64 = 1
  /// The last revocations. The first has the number `firstRevocation`.
  private var revocations = CircularBuffer<Revocation>()
  private var firstRevocation: UInt64 = 0

  /// - Parameters:
  ///   - limit: the most grants that are held.
  ///   - revocationLimit: the most revocations that are remembered. A grant that was asked for
  ///     before the oldest of them is refused.
  init(limit: Int = 100_000, revocationLimit: Int = 4096) {
    self.limit = max(1, limit)
    self.revocationLimit = max(1, revocationLimit)
  }

  var count: Int { entries.count }

  /// Where revocations stand now: to be taken before the metadata server is asked.
  var mark: UInt64 { firstRevocation + UInt64(revocations.count) }

  /// The grant under a key.
  func grant(for key: GrantKey, now: Duration) -> Grant? {
    guard let id = ids[key], let entry = entries[id], now < entry.grant.expires else { return nil }
    return entry.grant
  }

  /// Whether this very grant still holds.
  func holds(_ id: UInt64, for key: GrantKey, now: Duration) -> Bool {
    grant(for: key, now: now)?.id == id
  }

  /// Keeps what was granted, in place of what the key had.
  /// - Parameter since: the `mark` taken before the metadata server was asked.
  /// - Returns: nil when it was revoked since.
  mutating func insert(
    _ key: GrantKey, file: BlockFile, clientid: Clientid4, proxyStateid: StateidOther,
    expires: Duration, since: UInt64
  ) -> Grant? {
    guard since >= firstRevocation else { return nil }
    for revocation in revocations.dropFirst(Int(clamping: since - firstRevocation)) {
      switch revocation {
      case .client(let gone) where gone == clientid: return nil
      case .proxyStateid(let gone) where gone == proxyStateid: return nil
      case .file(let gone) where gone == file.id: return nil
      case .all: return nil
      default: continue
      }
    }
    if let former = ids[key] { remove(former) }
    while entries.count >= limit, let oldest = order.popFirst() { remove(oldest) }
    let grant = Grant(
      id: nextID, file: file, clientid: clientid, proxyStateid: proxyStateid, expires: expires)
    nextID += 1
    entries[grant.id] = Entry(key: key, grant: grant)
    ids[key] = grant.id
    byClient[clientid, default: []].insert(grant.id)
    byProxyStateid[proxyStateid, default: []].insert(grant.id)
    byFile[file.id, default: []].insert(grant.id)
    byOwnClient[key.client, default: []].insert(grant.id)
    order.append(grant.id)
    if order.count > 2 * entries.count + 64 { order.removeAll(where: { entries[$0] == nil }) }
    return grant
  }

  /// Takes grants away, those that are being asked for too.
  mutating func revoke(_ revocation: Revocation) {
    revocations.append(revocation)
    while revocations.count > revocationLimit {
      revocations.removeFirst()
      firstRevocation += 1
    }
    switch revocation {
    case .client(let clientid): removeAll(byClient[clientid])
    case .proxyStateid(let stateid): removeAll(byProxyStateid[stateid])
    case .file(let file): removeAll(byFile[file])
    case .all:
      entries = [:]
      ids = [:]
      byClient = [:]
      byProxyStateid = [:]
      byFile = [:]
      byOwnClient = [:]
      order = CircularBuffer()
    }
  }

  /// Takes away what a client of this data server held, as the client is gone.
  mutating func drop(ownClient client: Clientid4) { removeAll(byOwnClient[client]) }

  private mutating func removeAll(_ ids: Set<UInt64>?) {
    for id in ids ?? [] { remove(id) }
  }

  private mutating func remove(_ id: UInt64) {
    guard let entry = entries.removeValue(forKey: id) else { return }
    if ids[entry.key] == id { ids[entry.key] = nil }
    Self.remove(id, under: entry.grant.clientid, from: &byClient)
    Self.remove(id, under: entry.grant.proxyStateid, from: &byProxyStateid)
    Self.remove(id, under: entry.grant.file.id, from: &byFile)
    Self.remove(id, under: entry.key.client, from: &byOwnClient)
  }

  private static func remove<Name>(
    _ id: UInt64, under name: Name, from index: inout [Name: Set<UInt64>]
  ) {
    index[name]?.remove(id)
    if index[name]?.isEmpty == true { index[name] = nil }
  }
}
