/// The files of a workload as blocks, which are numbered through: sizes only, no contents.
public struct FileSet: Hashable, Sendable {
  /// One file.
  public struct File: Hashable, Sendable {
    /// For people, and for recorded reads; unique.
    public var name: String
    /// Its size in plain bytes.
    public var bytes: Int
    /// How many plain bytes one stored byte holds; at least 1.
    public var compressionRatio: Double

    /// A file that does not compress, unless given.
    public init(name: String, bytes: Int, compressionRatio: Double = 1) {
      self.name = name
      self.bytes = bytes
      self.compressionRatio = compressionRatio
    }
  }

  /// In the order in which they are read.
  public let files: [File]
  /// Plain bytes; a file's last block may have fewer.
  public let blockBytes: Int
  /// The file of each block.
  private let fileOfBlock: [Int32]
  /// The first block of each file, and the number of all blocks.
  private let firstBlocks: [Int]

  /// Numbers the blocks of files in their order.
  public init(_ files: [File], blockBytes: Int) {
    precondition(blockBytes > 0, "blocks of \(blockBytes) bytes")
    self.files = files
    self.blockBytes = blockBytes
    var firstBlocks = [0]
    var fileOfBlock: [Int32] = []
    for (index, file) in files.enumerated() {
      let count = (file.bytes + blockBytes - 1) / blockBytes
      fileOfBlock += Array(repeating: Int32(index), count: count)
      firstBlocks.append(firstBlocks[index] + count)
    }
    self.firstBlocks = firstBlocks
    self.fileOfBlock = fileOfBlock
  }

  /// The number of blocks of all files.
  public var blockCount: Int { fileOfBlock.count }

  /// The blocks of a file.
  public func blocks(of file: Int) -> Range<Int> { firstBlocks[file]..<firstBlocks[file + 1] }

  /// The file a block belongs to.
  public func file(of block: Int) -> Int { Int(fileOfBlock[block]) }

  /// The block's number within its file.
  public func indexInFile(_ block: Int) -> Int { block - firstBlocks[file(of: block)] }

  /// The plain bytes of a block.
  public func plainBytes(of block: Int) -> Int {
    let file = file(of: block)
    return min(blockBytes, files[file].bytes - (block - firstBlocks[file]) * blockBytes)
  }

  /// The bytes of a block as it is stored and sent: plain where compression gains less than a
  /// tenth.
  public func storedBytes(of block: Int) -> Int {
    let plain = plainBytes(of: block)
    let stored = Int(Double(plain) / files[file(of: block)].compressionRatio)
    return stored > plain - plain / 10 ? plain : max(1, stored)
  }

  /// The plain bytes of all blocks.
  public var plainBytes: Int { files.reduce(0) { $0 + $1.bytes } }

  /// The stored bytes of all blocks.
  public var storedBytes: Int { (0..<blockCount).reduce(0) { $0 + storedBytes(of: $1) } }
}
