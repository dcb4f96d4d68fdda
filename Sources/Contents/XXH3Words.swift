// The one place of this module that hands memory to libxxhash.

import CXXHash

/// XXH3-64 under `seed` of the words, each in little-endian byte order.
func xxh3(_ words: ContiguousArray<UInt64>, seed: UInt64) -> UInt64 {
  #if _endian(big)
    let ordered = ContiguousArray(words.map(\.littleEndian))
  #else
    let ordered = words
  #endif
  return ordered.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
}

/// The same of four words that are in no array.
func xxh3(_ a: UInt64, _ b: UInt64, _ c: UInt64, _ d: UInt64, seed: UInt64) -> UInt64 {
  withUnsafeBytes(of: (a.littleEndian, b.littleEndian, c.littleEndian, d.littleEndian)) {
    XXH3_64bits_withSeed($0.baseAddress, $0.count, seed)
  }
}
