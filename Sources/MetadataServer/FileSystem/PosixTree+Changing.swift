import CLinux
import Glibc
import NFSv4

/// The change attribute (RFC 8881 §5.8.1.4): another one after each change.
///
/// It is made of the inode's times alone, so that it survives restarts and crashes together with
/// what it stands for. The kernel has a better counter on some file systems (`STATX_CHANGE_COOKIE`)
/// but shows it to its own NFS server only. Where the kernel's times are fine-grained they are
/// enough; where they are not, a change that would leave the attribute as it was moves the time of
/// the last modification on by a nanosecond, if that is in the same tick, and else waits for the
/// next tick. Changes by others on this host within one tick of a coarse clock share a value: see
/// `ContentVersion.isSettled`.
extension PosixTree {
  /// For so long a change attribute that stays behind is moved on, a millisecond apart. Some ticks
  /// of 10 ms would do, but on a virtual machine whose processors are taken away the kernel's clock
  /// may stand still for longer.
  private static let touchLimit = Duration.seconds(2)

  /// The change attribute of an object whose status was just read.
  func change(_ status: FileStatus, _ mount: FileSystemMount) -> Changeid4 {
    changes.seen(status.change(mount.timeGrain), ChangesInFlight.Key(status))
  }

  /// Runs what changes an object. When this returns, the object has a change attribute that nobody
  /// has seen before the change was complete.
  ///
  /// - Returns: the result and the change attributes around it. They are never called atomic: what
  ///   processes of this host do in between cannot be seen.
  func changing<R>(
    _ descriptor: Descriptor, _ mount: FileSystemMount,
    _ body: () throws(Nfsstat4) -> R
  ) throws(Nfsstat4) -> (result: R, change: ChangeInfo4) {
    let key = ChangesInFlight.Key(try status(of: descriptor))
    changes.begin(key)
    let before: Changeid4
    let result: R
    do throws(Nfsstat4) {
      before = change(try status(of: descriptor), mount)
      result = try body()
    } catch {
      _ = changes.end(key, at: 0, isForced: true)
      throw error
    }
    let after = complete(key, descriptor, mount) ?? before
    return (result, ChangeInfo4(atomic: false, before: before, after: after))
  }

  /// - Returns: nil if the object's status cannot be read any more.
  private func complete(
    _ key: ChangesInFlight.Key, _ descriptor: Descriptor, _ mount: FileSystemMount
  ) -> Changeid4? {
    var isForced = mount.timeGrain == .unusable
    var started: ContinuousClock.Instant?
    while true {
      guard let status = try? Linux.status(of: descriptor) else { break }
      let change = status.change(mount.timeGrain)
      guard let highest = changes.end(key, at: change, isForced: isForced) else { return change }
      do throws(Errno) {
        // The clock went back by a second or more: no use in waiting.
        if highest &- change > 1 << 30 { throw Errno(ETIME) }
        try touch(descriptor, mount, status, above: highest)
        let now = ContinuousClock.now
        isForced = now - (started ?? now) > Self.touchLimit
        started = started ?? now
        if isForced { mount.timesAreUnusable() }
      } catch {
        isForced = true
      }
    }
    _ = changes.end(key, at: 0, isForced: true)
    return nil
  }

  /// Moves the time of the last change on.
  private func touch(
    _ descriptor: Descriptor, _ mount: FileSystemMount, _ status: FileStatus,
    above highest: Changeid4
  ) throws(Errno) {
    let next = clinux_time.after(highest)
    if mount.timeGrain == .coarse, status.isModifiedInTick,
      let ahead = next.nanoseconds(since: status.ctime), ahead > 0,
      ahead < FileStatus.tickNanoseconds
    {
      try Linux.setTimes(
        of: descriptor, access: .unchanged,
        modify: .at(seconds: next.seconds, nanoseconds: next.nanoseconds))
      return
    }
    if mount.timeGrain == .coarse { usleep(1000) }
    // The time of the last access stays what it is: only that of the last change moves.
    try Linux.setTimes(
      of: descriptor,
      access: .at(seconds: status.atime.seconds, nanoseconds: status.atime.nanoseconds),
      modify: .unchanged)
  }
}
