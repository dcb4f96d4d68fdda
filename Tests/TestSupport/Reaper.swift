import Foundation
import Glibc
import Synchronization

/// Takes away what this program leaves when it ends in whatever way: processes, network
/// namespaces, directories.
///
/// A shell in a session of its own reads what there is from a pipe; the pipe's end is the
/// program's end, also after a crash, SIGINT or SIGKILL. Signal handlers are not needed then, and
/// would not help against SIGKILL.
final class Reaper: Sendable {
  /// The program's one reaper, started at first use.
  static let shared = Reaper()

  enum Kind: String {
    case process
    case namespace
    case directory
  }

  private let pipe: Int32

  private init() {
    guard let (theirs, ours) = try? Sockets.pair() else {
      pipe = -1
      return
    }
    var plan = Command(["sh", "-c", Reaper.script])
    plan.input = .descriptor(theirs)
    plan.output = .null
    plan.error = .null
    let pid = try? plan.spawn()
    Glibc.close(theirs)
    pipe = pid == nil ? -1 : ours
  }

  /// Has the thing removed when this program ends.
  func watch(_ kind: Kind, _ name: String) { tell("+ \(kind.rawValue) \(name)\n") }

  /// Takes the thing off the list: it is gone.
  func forget(_ kind: Kind, _ name: String) { tell("- \(kind.rawValue) \(name)\n") }

  /// Removes the thing now, without waiting for it.
  func remove(_ kind: Kind, _ name: String) { tell("! \(kind.rawValue) \(name)\n") }

  private func tell(_ line: String) {
    guard pipe >= 0 else { return }
    // One short message is written as a whole, so threads need no lock. MSG_NOSIGNAL: a reaper
    // that was killed must not take the program with it.
    _ = line.withCString { send(pipe, $0, strlen($0), Int32(MSG_NOSIGNAL)) }
  }

  private static let script = """
    trap '' INT TERM HUP
    PATH=$PATH:/usr/sbin:/sbin
    processes=' ' namespaces=' ' directories=' '
    end_process() { kill -KILL -- -$1 2>/dev/null; }
    end_namespace() {
      for pid in $(ip netns pids $1 2>/dev/null); do kill -KILL $pid 2>/dev/null; done
      ip netns del $1 2>/dev/null
    }
    end_directory() { rm -rf -- "$1"; }
    # A name that is not in the list must leave it as it is: the two halves would double it.
    while read -r verb kind name; do
      case "$verb $kind" in
        '+ process') processes="$processes$name " ;;
        '+ namespace') namespaces="$namespaces$name " ;;
        '+ directory') directories="$directories$name " ;;
        *' process') case $processes in
          *" $name "*) processes="${processes%% $name *} ${processes#* $name }" ;; esac ;;
        *' namespace') case $namespaces in
          *" $name "*) namespaces="${namespaces%% $name *} ${namespaces#* $name }" ;; esac ;;
        *' directory') case $directories in
          *" $name "*) directories="${directories%% $name *} ${directories#* $name }" ;; esac ;;
      esac
      case $verb in '!') end_$kind "$name" ;; esac
    done
    for name in $processes; do end_process $name; done
    for name in $namespaces; do end_namespace $name; done
    for name in $directories; do end_directory $name; done
    """
}
