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
  private let content = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 / 100) }

  init() throws {
    fixture = try TreeFixture()
    try fixture.file("export/file", String(decoding: content.map { $0 & 0x7f }, as: UTF8.self))
    // Old enough for its version to be settled.
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 1_000_000)],
      ofItemAtPath: fixture.path("export/file"))
    tree = try fixture.tree()
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
}
