import BlockCache
import NIOCore
import Synchronization

/// Reads one open file from its beginning to its end, some READs ahead, and checks every piece.
final class FileStream: Sendable {
  /// Why a file was not read.
  enum Failure: Error, CustomStringConvertible {
    /// Other bytes arrived than are in the file: the one thing that must never happen.
    case wrongBytes(path: String, offset: Int, isFromDataServer: Bool)
    case ended(path: String, offset: Int)
    case refused(path: String, offset: Int, ClientError)

    var description: String {
      switch self {
      case .wrongBytes(let path, let offset, let isFromDataServer):
        "WRONG BYTES in \(path) at \(offset) from "
          + (isFromDataServer ? "a data server" : "the metadata server")
      case .ended(let path, let offset): "\(path) ended at \(offset), too early"
      case .refused(let path, let offset, let error): "\(path) at \(offset): \(error)"
      }
    }
  }

  private struct State {
    var nextPiece = 0
    var readsInFlight = 0
    var failure: Failure?
    var continuation: CheckedContinuation<Void, any Error>?
  }

  private let client: PnfsClient
  private let open: PnfsClient.OpenFile
  private let file: Manifest.File
  private let pieceBytes: Int
  private let readAhead: Int
  private let log: ReadLog
  private let pieceCount: Int
  private let state = Mutex(State())

  /// - Parameters:
  ///   - pieceBytes: of one READ.
  ///   - readAhead: READs under way at once, at least one.
  init(
    client: PnfsClient, open: PnfsClient.OpenFile, file: Manifest.File, pieceBytes: Int,
    readAhead: Int, log: ReadLog
  ) {
    self.client = client
    self.open = open
    self.file = file
    self.pieceBytes = pieceBytes
    self.readAhead = max(1, readAhead)
    self.log = log
    pieceCount = (file.size + pieceBytes - 1) / pieceBytes
  }

  /// Reads everything.
  /// - Throws: `Failure`, after the READs under way have ended.
  func run() async throws {
    guard pieceCount > 0 else { return }
    try await withCheckedThrowingContinuation { continuation in
      state.withLock { $0.continuation = continuation }
      pump()
    }
  }

  private func pump() {
    while let piece = takePiece() {
      let now = NIODeadline.now()
      log.began(at: now)
      request(piece, head: nil, began: now)
    }
    let (ended, failure) = state.withLock { state in
      let isOver =
        state.readsInFlight == 0 && (state.failure != nil || state.nextPiece == pieceCount)
      guard isOver else { return (CheckedContinuation<Void, any Error>?.none, Failure?.none) }
      defer { state.continuation = nil }
      return (state.continuation, state.failure)
    }
    if let failure { ended?.resume(throwing: failure) } else { ended?.resume() }
  }

  private func takePiece() -> Int? {
    state.withLock { state in
      guard state.failure == nil, state.readsInFlight < readAhead, state.nextPiece < pieceCount
      else { return nil }
      state.readsInFlight += 1
      state.nextPiece += 1
      return state.nextPiece - 1
    }
  }

  /// Asks for a piece, or for what is missing of it.
  private func request(_ piece: Int, head: ByteBuffer?, began: NIODeadline) {
    let start = piece * pieceBytes
    let wanted = min(pieceBytes, file.size - start)
    let have = head?.readableBytes ?? 0
    client.read(
      open, at: UInt64(start + have), count: UInt32(clamping: wanted - have)
    ) { [self] result in
      let now = NIODeadline.now()
      switch result {
      case .failure(let error):
        end(piece, byteCount: 0, began: began, now, .refused(path: file.path, offset: start, error))
      case .success(let reply):
        var bytes = reply.data
        if var joined = head {
          joined.writeImmutableBuffer(bytes)
          bytes = joined
        }
        if bytes.readableBytes == wanted {
          let isRight = file.digest(piece) == BlockDigest(of: bytes)
          end(
            piece, byteCount: wanted, began: began, now,
            isRight
              ? nil
              : .wrongBytes(
                path: file.path, offset: start, isFromDataServer: reply.isFromDataServer))
        } else if reply.data.readableBytes == 0 || reply.isEOF {
          end(
            piece, byteCount: 0, began: began, now,
            .ended(path: file.path, offset: start + bytes.readableBytes))
        } else {
          log.heard(at: now)
          request(piece, head: bytes, began: began)
        }
      }
    }
  }

  private func end(
    _ piece: Int, byteCount: Int, began: NIODeadline, _ now: NIODeadline, _ failure: Failure?
  ) {
    log.ended(byteCount: failure == nil ? byteCount : 0, began: began, at: now)
    state.withLock { state in
      state.readsInFlight -= 1
      if let failure, state.failure == nil { state.failure = failure }
    }
    pump()
  }
}
