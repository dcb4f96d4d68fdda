import BlockCache
import NFSv4
import NIOCore
import ONCRPC
import Testing

@testable import PeerServer

@Suite struct GrantTableTests {
  static func file(_ name: String, change: UInt64 = 1) -> BlockFile {
    BlockFile(
      handle: NfsFh4(ByteBuffer(string: name)), change: change, size: 1000, blockBytes: 65536)
  }

  static func key(client: UInt64 = 1, stateid: UInt32 = 1, handle: String = "fh", uid: UInt32 = 0)
    -> GrantKey
  {
    GrantKey(
      client: client, stateid: StateidOther(high: 0, low: stateid),
      handle: NfsFh4(ByteBuffer(string: handle)),
      principal: .sys(uid: uid, gid: 0, gids: []))
  }

  static func proxy(_ number: UInt32) -> StateidOther { StateidOther(high: 9, low: number) }

  private func insert(
    _ key: GrantKey, into table: inout GrantTable, file: String = "file", clientid: UInt64 = 70,
    proxy: UInt32 = 1, since: UInt64? = nil
  ) -> Grant? {
    table.insert(
      key, file: Self.file(file), clientid: clientid, proxyStateid: Self.proxy(proxy),
      expires: .seconds(100), since: since ?? table.mark)
  }

  @Test("a grant is for one client, stateid, handle and principal only")
  func keyIsWhole() throws {
    var table = GrantTable()
    let key = Self.key()
    let made = insert(key, into: &table)
    _ = try #require(made)
    #expect(table.grant(for: key, now: .zero) != nil)
    #expect(table.grant(for: Self.key(client: 2), now: .zero) == nil)
    #expect(table.grant(for: Self.key(stateid: 2), now: .zero) == nil)
    #expect(table.grant(for: Self.key(handle: "other"), now: .zero) == nil)
    #expect(table.grant(for: Self.key(uid: 1), now: .zero) == nil)
  }

  @Test("a grant ends with its lease")
  func expires() throws {
    var table = GrantTable()
    let made = insert(Self.key(), into: &table)
    let grant = try #require(made)
    #expect(table.holds(grant.id, for: Self.key(), now: .seconds(99)))
    #expect(!table.holds(grant.id, for: Self.key(), now: .seconds(100)))
  }

  @Test("a revoked client loses all of its grants and nobody else any")
  func revokeClient() throws {
    var table = GrantTable()
    _ = insert(Self.key(stateid: 1), into: &table, clientid: 70, proxy: 1)
    _ = insert(Self.key(stateid: 2), into: &table, clientid: 70, proxy: 2)
    _ = insert(Self.key(stateid: 3), into: &table, clientid: 71, proxy: 3)
    table.revoke(.client(70))
    #expect(table.count == 1)
    #expect(table.grant(for: Self.key(stateid: 3), now: .zero) != nil)
  }

  @Test("a revoked proxy stateid ends every grant made under it")
  func revokeProxy() throws {
    var table = GrantTable()
    _ = insert(Self.key(stateid: 1), into: &table, proxy: 1)
    _ = insert(Self.key(stateid: 1, uid: 5), into: &table, proxy: 1)
    _ = insert(Self.key(stateid: 2), into: &table, proxy: 2)
    table.revoke(.proxyStateid(Self.proxy(1)))
    #expect(table.count == 1)
  }

  @Test("a recalled file loses the grants on all of its versions")
  func revokeFile() throws {
    var table = GrantTable()
    _ = insert(Self.key(stateid: 1), into: &table, file: "a")
    _ = insert(Self.key(stateid: 2), into: &table, file: "b")
    table.revoke(.file(Self.file("a", change: 99).id))
    #expect(table.grant(for: Self.key(stateid: 1), now: .zero) == nil)
    #expect(table.grant(for: Self.key(stateid: 2), now: .zero) != nil)
  }

  @Test("a grant that was revoked while it was asked for is refused")
  func overtaken() {
    let revocations: [GrantTable.Revocation] = [
      .client(70), .proxyStateid(Self.proxy(1)), .file(Self.file("file").id), .all,
    ]
    for revocation in revocations {
      var table = GrantTable()
      let mark = table.mark
      table.revoke(revocation)
      let overtaken = insert(Self.key(), into: &table, since: mark)
      #expect(overtaken == nil)
      let later = insert(Self.key(), into: &table)
      #expect(later != nil)
    }
  }

  @Test("a revocation of something else does not refuse a grant")
  func notOvertaken() {
    var table = GrantTable()
    let mark = table.mark
    table.revoke(.client(71))
    table.revoke(.proxyStateid(Self.proxy(2)))
    table.revoke(.file(Self.file("other").id))
    let made = insert(Self.key(), into: &table, since: mark)
    #expect(made != nil)
  }

  @Test("a grant asked for before the oldest revocation remembered is refused")
  func forgotten() {
    var table = GrantTable(revocationLimit: 2)
    let mark = table.mark
    for client in 100..<103 { table.revoke(.client(UInt64(client))) }
    let made = insert(Self.key(), into: &table, since: mark)
    #expect(made == nil)
  }

  @Test("a grant that is made again is another grant")
  func generations() throws {
    var table = GrantTable()
    let made = insert(Self.key(), into: &table)
    let first = try #require(made)
    table.revoke(.client(70))
    let second = insert(Self.key(), into: &table)
    _ = try #require(second)
    #expect(!table.holds(first.id, for: Self.key(), now: .zero))
  }

  @Test("a client that is gone from this data server takes its grants with it")
  func dropOwnClient() {
    var table = GrantTable()
    _ = insert(Self.key(client: 1), into: &table)
    _ = insert(Self.key(client: 2), into: &table)
    table.drop(ownClient: 1)
    #expect(table.grant(for: Self.key(client: 1), now: .zero) == nil)
    #expect(table.count == 1)
  }

  @Test("at the limit the oldest grant goes")
  func limit() {
    var table = GrantTable(limit: 3)
    for number in 1...5 { _ = insert(Self.key(stateid: UInt32(number)), into: &table) }
    #expect(table.count == 3)
    #expect(table.grant(for: Self.key(stateid: 2), now: .zero) == nil)
    #expect(table.grant(for: Self.key(stateid: 3), now: .zero) != nil)
  }

  @Test("blocks of another size have other names in the cache")
  func blockSize() {
    let handle = NfsFh4(ByteBuffer(string: "file"))
    let small = BlockFile(handle: handle, change: 1, size: 10, blockBytes: 65536)
    let large = BlockFile(handle: handle, change: 1, size: 10, blockBytes: 131072)
    #expect(small.version != large.version)
    #expect(small.id == large.id)
  }
}
