import CLinux
import Glibc
import NFSv4

/// How the times of a file system tell changes apart.
enum TimeGrain: Sendable {
  /// Each change that follows a look at the time of the last one has a time of its own (Linux 6.13
  /// and newer: ext4, xfs, btrfs, tmpfs).
  case fine
  /// Changes within one tick of the kernel's clock, of 1 to 10 ms, share a time. Within one, this
  /// server counts changes in the nanoseconds of the time of the last modification.
  case coarse
  /// The file system keeps whole seconds, or takes no times from this process: changes within one
  /// second (a tick) share a change attribute.
  case unusable

  /// Tries it with a file that has no name.
  /// - Parameter root: a directory that may be written to.
  static func probe(_ root: Descriptor) -> TimeGrain {
    // Nothing to try it with (an NFS mount): see `PosixTree.changing` for what happens if it fails.
    guard let file = try? Linux.createNameless(in: root, mode: 0o600),
      let first = try? Linux.status(of: file)
    else { return .coarse }
    var last = first.change
    var isFine = true
    // Far less than a tick, and for certain more than one change in it.
    for _ in 0..<16 where isFine {
      let byte: [UInt8] = [0]
      let written = byte.withUnsafeBytes {
        clinux_pwrite(file.number, $0.baseAddress, 1, 0, 0)
      }
      guard written == 1, let status = try? Linux.status(of: file) else { return .coarse }
      isFine = status.change > last
      last = status.change
    }
    if isFine { return .fine }
    let time = Linux.NewTime.at(seconds: first.mtime.seconds, nanoseconds: 123_456_789)
    guard (try? Linux.setTimes(of: file, access: .unchanged, modify: time)) != nil,
      let status = try? Linux.status(of: file), status.mtime.nanoseconds == 123_456_789
    else { return .unusable }
    return .coarse
  }
}

extension clinux_time {
  /// 34 bits of seconds and 30 of nanoseconds. Times before 1970 wrap to large values.
  var change: Changeid4 {
    UInt64(bitPattern: seconds) << 30 | UInt64(nanoseconds & 0x3fff_ffff)
  }

  /// The time of such a value, and a nanosecond.
  static func after(_ change: Changeid4) -> clinux_time {
    var time = clinux_time()
    time.seconds = Int64(change >> 30)
    time.nanoseconds = UInt32(change & 0x3fff_ffff) + 1
    if time.nanoseconds >= 1_000_000_000 {
      time.seconds += 1
      time.nanoseconds = 0
    }
    return time
  }

  /// Nanoseconds since another time; nil if that is more than a second away.
  func nanoseconds(since other: clinux_time) -> Int64? {
    let (apart, overflow) = seconds.subtractingReportingOverflow(other.seconds)
    guard !overflow, abs(apart) <= 1 else { return nil }
    return apart * 1_000_000_000 + Int64(nanoseconds) - Int64(other.nanoseconds)
  }
}

extension clinux_statx {
  /// The shortest tick of a kernel's clock: no more changes than this are counted in one.
  static let tickNanoseconds: Int64 = 1_000_000

  /// The change attribute: the time of the last change of data or metadata.
  ///
  /// It grows with every change as long as the clock does not go back, and is the same after a
  /// restart.
  var change: Changeid4 { ctime.change }

  /// Whether the last modification is in the same tick as the last change, or counted on from it.
  var isModifiedInTick: Bool {
    guard let ahead = mtime.nanoseconds(since: ctime) else { return false }
    return ahead >= 0 && ahead < Self.tickNanoseconds
  }

  /// The change attribute where times are coarse and changes are counted in the time of the last
  /// modification. The next tick is higher than all counts of this one.
  func change(_ grain: TimeGrain) -> Changeid4 {
    grain == .coarse && isModifiedInTick ? mtime.change : change
  }
}
