/// How a block's bytes are stored and sent.
public enum BlockEncoding: UInt8, Sendable, CaseIterable {
  /// The bytes themselves.
  case plain = 0
  /// One LZ4 block without a frame; its plain length is kept beside it.
  case lz4 = 1
}
