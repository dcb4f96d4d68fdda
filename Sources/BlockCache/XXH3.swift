// The one place that hands memory to libxxhash.

import CXXHash
import NIOCore

/// XXH3-128 of the readable bytes, with seed 0, as its upper and lower half.
func xxh3Hash128(_ buffer: ByteBuffer) -> (high: UInt64, low: UInt64) {
  buffer.withUnsafeReadableBytes { bytes in
    let hash = XXH3_128bits(bytes.baseAddress, bytes.count)
    return (hash.high64, hash.low64)
  }
}

/// XXH3-64 of the readable bytes under `seed`.
func xxh3Hash64(_ buffer: ByteBuffer, seed: UInt64) -> UInt64 {
  buffer.withUnsafeReadableBytes { bytes in
    XXH3_64bits_withSeed(bytes.baseAddress, bytes.count, seed)
  }
}
