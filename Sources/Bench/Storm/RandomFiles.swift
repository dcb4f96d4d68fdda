import Glibc

/// Files that nothing compresses, the same for the same seed.
public enum RandomFiles {
  /// Why a file cannot be made.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private static let filesPerDirectory = 1000

  /// Makes files in a directory, a thousand to a subdirectory.
  /// - Throws: `Failure` if one cannot be written.
  public static func make(_ sizes: [Int], seed: UInt64, in directory: String) throws {
    var generator = SplitMix64(seed: seed)
    var buffer = [UInt64](repeating: 0, count: 1 << 15)
    for (index, size) in sizes.enumerated() {
      let folder = directory + "/d\(index / filesPerDirectory)"
      if index % filesPerDirectory == 0, mkdir(folder, 0o755) != 0, errno != EEXIST {
        throw Failure(description: "\(folder): \(String(cString: strerror(errno)))")
      }
      let path = folder + "/f\(index % filesPerDirectory)"
      let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
      guard descriptor >= 0 else {
        throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
      }
      defer { close(descriptor) }
      var left = size
      while left > 0 {
        for place in buffer.indices { buffer[place] = generator.next() }
        let count = buffer.withUnsafeBytes {
          write(descriptor, $0.baseAddress, min(left, $0.count))
        }
        guard count > 0 else {
          throw Failure(description: "\(path): \(String(cString: strerror(errno)))")
        }
        left -= count
      }
    }
  }
}

/// Steele, Lea and Flood's generator ("Fast splittable pseudorandom number generators", 2014).
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}
