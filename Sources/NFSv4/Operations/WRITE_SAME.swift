public import NIOCore
public import XDR

/// Writes a pattern over and over (RFC 7862 §15.12).
public enum WRITE_SAME: NfsOperation {
  public typealias Arguments = WRITE_SAME4args
  public typealias Resok = WriteResponse4
  public static let opnum = NfsOpnum4.OP_WRITE_SAME
}

///     struct WRITE_SAME4args {
///         stateid4 wsa_stateid; stable_how4 wsa_stable; app_data_block4 wsa_adb;
///     };
public struct WRITE_SAME4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var stable: StableHow4
  public var adb: AppDataBlock4

  public init(stateid: Stateid4, stable: StableHow4, adb: AppDataBlock4) {
    self.stateid = stateid
    self.stable = stable
    self.adb = adb
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    stable = try StableHow4(from: &decoder)
    adb = try AppDataBlock4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    stable.encode(to: &encoder)
    adb.encode(to: &encoder)
  }
}

/// Blocks that are alike but for their number (RFC 7862 §8.1).
///
///     struct app_data_block4 {
///         offset4 adb_offset; length4 adb_block_size; length4 adb_block_count;
///         length4 adb_reloff_blocknum; count4 adb_block_num; length4 adb_reloff_pattern;
///         opaque adb_pattern<>;
///     };
public struct AppDataBlock4: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  /// Bytes.
  public var blockSize: UInt64
  public var blockCount: UInt64
  /// Where in a block its number stands; all ones: nowhere.
  public var reloffBlocknum: UInt64
  public var blockNum: UInt32
  public var reloffPattern: UInt64
  public var pattern: ByteBuffer

  public init(
    offset: UInt64, blockSize: UInt64, blockCount: UInt64, reloffBlocknum: UInt64, blockNum: UInt32,
    reloffPattern: UInt64, pattern: ByteBuffer
  ) {
    self.offset = offset
    self.blockSize = blockSize
    self.blockCount = blockCount
    self.reloffBlocknum = reloffBlocknum
    self.blockNum = blockNum
    self.reloffPattern = reloffPattern
    self.pattern = pattern
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    blockSize = try decoder.uint64()
    blockCount = try decoder.uint64()
    reloffBlocknum = try decoder.uint64()
    blockNum = try decoder.uint32()
    reloffPattern = try decoder.uint64()
    pattern = try decoder.opaque(limit: NFS4.payloadLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(blockSize)
    encoder.uint64(blockCount)
    encoder.uint64(reloffBlocknum)
    encoder.uint32(blockNum)
    encoder.uint64(reloffPattern)
    encoder.opaque(pattern)
  }
}
