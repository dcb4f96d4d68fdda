// The one place that hands memory to liblz4.

import CLZ4
import NIOCore

/// `plain` as an LZ4 block of at most `limitBytes`, or nil where it does not get that small.
/// Giving up at the limit makes bytes that do not compress cheap, and keeps the buffer's capacity
/// at that of the plain bytes.
func lz4Compress(_ plain: ByteBuffer, limitBytes: Int) -> ByteBuffer? {
  guard limitBytes > 0, let sourceCount = CInt(exactly: plain.readableBytes),
    let limit = CInt(exactly: limitBytes)
  else { return nil }
  var packed = ByteBufferAllocator().buffer(capacity: limitBytes)
  let written = plain.withUnsafeReadableBytes { source in
    packed.writeWithUnsafeMutableBytes(minimumWritableBytes: limitBytes) { target in
      let count = LZ4_compress_default(
        source.bindMemory(to: CChar.self).baseAddress,
        target.bindMemory(to: CChar.self).baseAddress, sourceCount, limit)
      return max(0, Int(count))
    }
  }
  return written > 0 ? packed : nil
}

/// Appends the plain bytes of the LZ4 block `packed` to `plain` and says whether they are exactly
/// `plainBytes` long. Where not, nothing is appended. Never writes beyond `plainBytes`.
func lz4Decompress(_ packed: ByteBuffer, plainBytes: Int, into plain: inout ByteBuffer) -> Bool {
  guard let packedCount = CInt(exactly: packed.readableBytes),
    let plainCount = CInt(exactly: plainBytes)
  else { return false }
  let written = packed.withUnsafeReadableBytes { source in
    plain.writeWithUnsafeMutableBytes(minimumWritableBytes: plainBytes) { target in
      let count = LZ4_decompress_safe(
        source.bindMemory(to: CChar.self).baseAddress,
        target.bindMemory(to: CChar.self).baseAddress, packedCount, plainCount)
      return count == plainCount ? plainBytes : 0
    }
  }
  return written == plainBytes
}
