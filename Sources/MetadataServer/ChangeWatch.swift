import NFSServer
import NFSv4
import ONCRPC
import Synchronization

/// Looks for changes that were made to delegated files without the server: locally, or by another
/// server of the same file system.
///
/// A client with a delegation opens the file without asking, so nothing else would notice. Every
/// round looks at some thousand files in turn; a change is seen after a round where there are no
/// more, and later in proportion where there are.
final class ChangeWatch<Tree: FileTree>: Sendable {
  /// Files looked at in one round of about a second: some microseconds each.
  static var filesPerRound: Int { 10_000 }

  private let operations: MetadataOperations<Tree>
  private let sessions: SessionService
  private let round = Mutex<(isRunning: Bool, next: Int)>((false, 0))

  init(operations: MetadataOperations<Tree>, sessions: SessionService) {
    self.operations = operations
    self.sessions = sessions
  }

  /// One round, where blocking is allowed. Returns at once while another one runs.
  /// - Returns: whether every delegated file was looked at.
  @discardableResult
  func look() -> Bool {
    let start = round.withLock { round -> Int? in
      guard !round.isRunning else { return nil }
      round.isRunning = true
      return round.next
    }
    guard let start else { return false }
    let files = operations.withState { $0.delegatedFiles }
    let first = start < files.count ? start : 0
    let chosen = files[first...].prefix(Self.filesPerRound)
    for entry in chosen { look(at: entry.file, holder: entry.holder) }
    round.withLock { $0 = (false, first + chosen.count) }
    return chosen.count == files.count
  }

  private func look(at file: NfsFh4, holder: Clientid4) {
    guard let address = sessions.withTable({ $0.client(holder)?.address }) else { return }
    let caller = Caller(principal: .none, address: address)
    let change: Changeid4
    do throws(Nfsstat4) {
      change = try operations.tree.version(of: try operations.tree.object(file, for: caller)).change
    } catch {
      // Gone, or no longer to be had: no version of it is the one that was delegated.
      change = .max
    }
    operations.saw(change, of: file)
  }
}
