public import BlockCache
public import FoundationEssentials
import Glibc
import NIOCore

/// The files of a run with what every reader has to find in them, and what they come to as stored
/// blocks.
public struct Manifest: Codable, Hashable, Sendable {
  /// One file.
  public struct File: Codable, Hashable, Sendable {
    /// Below the exported directory, names joined by slashes.
    public var path: String
    /// Bytes.
    public var size: Int
    /// XXH3-128 of each piece of `readBytes`, 16 bytes each.
    public var digests: Data

    /// The digest of a piece; nil if there is no such piece.
    public func digest(_ piece: Int) -> BlockDigest? {
      let start = digests.startIndex + piece * 16
      guard piece >= 0, start + 16 <= digests.endIndex else { return nil }
      func half(_ offset: Int) -> UInt64 {
        digests[(start + offset)..<(start + offset + 8)].reduce(0) { $0 << 8 | UInt64($1) }
      }
      return BlockDigest(high: half(0), low: half(8))
    }
  }

  /// Bytes of one READ, and of one piece.
  public var readBytes: Int
  /// Of the peers' caches.
  public var blockBytes: Int
  public var files: [File]
  /// Of all files.
  public var plainBytes: Int
  /// Of all their blocks, each packed once as it is stored and sent between nodes.
  public var storedBytes: Int

  /// Why a file cannot be part of a run.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  /// Reads files, and packs their blocks.
  /// - Parameters:
  ///   - root: the directory that is exported.
  ///   - readBytes: a power of two up to 1 MiB.
  ///   - blockBytes: a power of two up to 1 MiB.
  /// - Throws: `Failure` for a file that cannot be read.
  public init(
    root: String, paths: [String], readBytes: Int, blockBytes: Int,
    progress: (_ readBytes: Int) -> Void = { _ in }
  ) throws {
    self.readBytes = readBytes
    self.blockBytes = blockBytes
    files = []
    plainBytes = 0
    storedBytes = 0
    for path in paths {
      let file = try read(path, below: root)
      files.append(file)
      plainBytes += file.size
      progress(plainBytes)
    }
  }

  /// Files are read in this many bytes at a time: a multiple of both sizes.
  private static let stepBytes = 1 << 20

  private mutating func read(_ path: String, below root: String) throws -> File {
    let descriptor = open(root + "/" + path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
    defer { Glibc.close(descriptor) }
    var file = File(path: path, size: 0, digests: Data())
    var buffer = ByteBufferAllocator().buffer(capacity: Self.stepBytes)
    while true {
      buffer.clear()
      var count = 0
      repeat {
        count = buffer.writeWithUnsafeMutableBytes(
          minimumWritableBytes: Self.stepBytes - buffer.readableBytes
        ) { room in
          max(0, Glibc.read(descriptor, room.baseAddress, min(room.count, Self.stepBytes)))
        }
      } while count > 0 && buffer.readableBytes < Self.stepBytes
      guard buffer.readableBytes > 0 else { return file }
      file.size += buffer.readableBytes
      for piece in Self.pieces(of: buffer, bytes: readBytes) {
        let digest = BlockDigest(of: piece)
        withUnsafeBytes(of: digest.high.bigEndian) { file.digests.append(contentsOf: $0) }
        withUnsafeBytes(of: digest.low.bigEndian) { file.digests.append(contentsOf: $0) }
      }
      for block in Self.pieces(of: buffer, bytes: blockBytes) {
        storedBytes += StoredBlock.packing(block).bytes.readableBytes
      }
    }
  }

  private static func pieces(of buffer: ByteBuffer, bytes: Int) -> [ByteBuffer] {
    var rest = buffer
    var pieces: [ByteBuffer] = []
    while rest.readableBytes > 0,
      let piece = rest.readSlice(length: min(bytes, rest.readableBytes))
    {
      pieces.append(piece)
    }
    return pieces
  }
}
