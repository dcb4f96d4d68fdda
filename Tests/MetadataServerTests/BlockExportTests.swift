import Admin
import BlockCache
import ClusterTransport
import Crypto
import Foundation
import NFSServer
import NFSv4
import NIOCore
import Placement
import Testing

@testable import MetadataServer

@Suite struct BlockExportTests {
  private let fixture: TreeFixture
  private let tree: PosixTree
  private let export: BlockExport<PosixTree>
  private let signer = BlockSigner(
    secret: SymmetricKey(data: [UInt8](repeating: 3, count: 32)))
  private let content = (0..<200_000).map { UInt8($0 / 100 % 128) }

  init() throws {
    fixture = try TreeFixture()
    try fixture.file("export/file", String(decoding: content, as: UTF8.self))
    var options = PosixTree.Options()
    // Long after the file was made: its version is settled.
    options.now = { (Int64.max / 4, 0) }
    tree = try fixture.tree(nil, options)
    export = BlockExport(tree: tree, signer: signer, metrics: MetricRegistry(prefix: "test"))
  }

  private func file() throws -> (NfsFh4, ContentVersion) {
    let object = try tree.lookup(Array("file".utf8), in: try tree.root(), for: rootCaller)
    return (object.handle, try tree.version(of: object))
  }

  private func named(
    _ handle: NfsFh4, _ change: Changeid4, blockBytes: Int = 65536
  ) -> ExchangedFile {
    ExchangedFile(handle: handle.bytes, change: change, size: 200_000, blockBytes: blockBytes)
  }

  @Test("another version than the one asked for is gone")
  func otherVersion() throws {
    let (handle, version) = try file()
    #expect(throws: BlockExport<PosixTree>.Failure.gone) {
      try export.read(named(handle, version.change &+ 1), 0, for: rootCaller)
    }
  }

  @Test("what is no file of the tree is refused, or gone")
  func noFile() throws {
    let directory = try tree.root().handle
    #expect(throws: BlockExport<PosixTree>.Failure.refused) {
      try export.read(named(directory, 0), 0, for: rootCaller)
    }
    #expect(throws: BlockExport<PosixTree>.Failure.gone) {
      try export.read(named(NfsFh4(ByteBuffer(bytes: [1, 2, 3])), 0), 0, for: rootCaller)
    }
  }

  @Test("a version that still changes is not given")
  func unsettled() throws {
    var options = PosixTree.Options()
    options.now = { (0, 0) }
    let tree = try fixture.tree(nil, options)
    let object = try tree.lookup(Array("file".utf8), in: try tree.root(), for: rootCaller)
    let version = try tree.version(of: object)
    let export = BlockExport(tree: tree, signer: signer, metrics: MetricRegistry(prefix: "test"))
    #expect(throws: BlockExport<PosixTree>.Failure.gone) {
      try export.read(named(object.handle, version.change), 0, for: rootCaller)
    }
  }

  @Test("blocks are packed, sealed, and the same every time; behind the end there are none")
  func blocks() throws {
    let (handle, version) = try file()
    let named = named(handle, version.change)
    let verifier = try #require(BlockVerifier(publicKey: export.sealKey))
    for (index, plainBytes) in [(3, 200_000 - 3 * 65536), (0, 65536)] as [(UInt32, UInt32)] {
      let block = try export.read(named, index, for: rootCaller)
      #expect(block.index == index)
      #expect(block.plainBytes == plainBytes)
      // Packed, as this text packs well.
      #expect(block.bytes.readableBytes < Int(plainBytes))
      let stored = try StoredBlock(block)
      #expect(verifier.accepts(stored, as: BlockKey(version: named.version, index: index)))
      #expect(!verifier.accepts(stored, as: BlockKey(version: named.version, index: index + 1)))
      let start = Int(index) * 65536
      #expect(
        Array(try stored.unpacked().readableBytesView)
          == Array(content[start..<start + Int(plainBytes)]))
      #expect(try export.read(named, index, for: rootCaller) == block)
    }
    for index in [4, .max] as [UInt32] {
      #expect(throws: BlockExport<PosixTree>.Failure.refused) {
        try export.read(named, index, for: rootCaller)
      }
    }
    #expect(export.blocks.value == 4)
    #expect(export.plainBytes.value == 2 * (65536 + 200_000 - 3 * 65536))
  }
}

extension StoredBlock {
  /// As a peer takes it.
  fileprivate init(_ block: Block1) throws {
    var seal = block.seal
    self.init(
      encoding: try #require(BlockEncoding(rawValue: UInt8(block.encoding))),
      plainBytes: Int(block.plainBytes),
      digest: BlockCache.BlockDigest(high: block.digest.high, low: block.digest.low),
      bytes: block.bytes, seal: BlockSeal(reading: &seal))
  }
}
