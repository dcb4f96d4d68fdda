import Admin
import BlockCache
import Foundation
import NFSServer
import NFSv4
import NIOCore
import Testing

@testable import MetadataServer

@Suite struct BlockExportTests {
  private let fixture: TreeFixture
  private let tree: PosixTree
  private let export: BlockExport<PosixTree>
  private let content = (0..<200_000).map { UInt8($0 / 100 % 128) }

  init() throws {
    fixture = try TreeFixture()
    try fixture.file("export/file", String(decoding: content, as: UTF8.self))
    var options = PosixTree.Options()
    // Long after the file was made: its version is settled.
    options.now = { (Int64.max / 4, 0) }
    tree = try fixture.tree(nil, options)
    export = BlockExport(tree: tree, metrics: MetricRegistry(prefix: "test"))
  }

  private func file() throws -> (NfsFh4, ContentVersion) {
    let object = try tree.lookup(Array("file".utf8), in: try tree.root(), for: rootCaller)
    return (object.handle, try tree.version(of: object))
  }

  private func read(
    _ handle: NfsFh4, _ change: Changeid4, blockBytes: UInt32 = 65536, _ indices: [UInt32]
  ) -> READ_BLOCKS1res {
    export.read(
      READ_BLOCKS1args(fh: handle, change: change, blockBytes: blockBytes, indices: indices),
      for: rootCaller)
  }

  @Test("sizes that no block has are invalid", arguments: [0, 1, 4096, 65537, 2 << 20])
  func badSizes(blockBytes: UInt32) throws {
    let (handle, version) = try file()
    #expect(
      read(handle, version.change, blockBytes: blockBytes, [0]) == .refused(.NFS4ERR_INVAL))
  }

  @Test("another version than the one asked for is refused")
  func otherVersion() throws {
    let (handle, version) = try file()
    #expect(read(handle, version.change &+ 1, [0]) == .refused(.NFS4ERR_NOT_SAME))
  }

  @Test("what is no file of the tree is refused")
  func noFile() throws {
    let directory = try tree.root().handle
    #expect(read(directory, 0, [0]) == .refused(.NFS4ERR_ACCESS))
    #expect(
      read(NfsFh4(ByteBuffer(bytes: [1, 2, 3])), 0, [0]) == .refused(.NFS4ERR_BADHANDLE))
  }

  @Test("a version that still changes is refused")
  func unsettled() throws {
    var options = PosixTree.Options()
    options.now = { (0, 0) }
    let tree = try fixture.tree(nil, options)
    let object = try tree.lookup(Array("file".utf8), in: try tree.root(), for: rootCaller)
    let version = try tree.version(of: object)
    let export = BlockExport(tree: tree, metrics: MetricRegistry(prefix: "test"))
    let answer = export.read(
      READ_BLOCKS1args(
        fh: object.handle, change: version.change, blockBytes: 65536, indices: [0]),
      for: rootCaller)
    #expect(answer == .refused(.NFS4ERR_NOT_SAME))
  }

  @Test("blocks come in the order asked for, those behind the end are left out")
  func blocks() throws {
    let (handle, version) = try file()
    guard case .ok(let blocks) = read(handle, version.change, [3, 0, 4, .max, 1]) else {
      Issue.record("refused")
      return
    }
    #expect(blocks.map(\.index) == [3, 0, 1])
    #expect(blocks.map(\.plainBytes) == [200_000 - 3 * 65536, 65536, 65536])
    #expect(export.blocks.value == 3)
    #expect(export.plainBytes.value == 200_000 - 65536)
    // Packed, as this text packs well, and the same the second time.
    #expect(blocks.allSatisfy { $0.bytes.readableBytes < Int($0.plainBytes) })
    #expect(read(handle, version.change, [3, 0, 1]) == .ok(blocks))
  }

  @Test("a reply has four mebibytes of file data and no more")
  func replyLimit() throws {
    let size = 6 << 20
    try fixture.file("export/file", String(repeating: "x", count: size))
    let (handle, version) = try file()
    guard
      case .ok(let blocks) = read(
        handle, version.change, blockBytes: 1 << 20, Array(0..<6))
    else {
      Issue.record("refused")
      return
    }
    #expect(blocks.map(\.index) == [0, 1, 2, 3])
    #expect(read(handle, version.change, []) == .ok([]))
  }
}
