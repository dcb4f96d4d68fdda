import NIOCore
import Synchronization

/// What a reader's READs came to, noted as they end.
final class ReadLog: Sendable {
  struct State: Sendable {
    var byteCount = 0
    var fileCount = 0
    var latency = LatencyHistogram()
    var longestSilence = TimeAmount.zero
    /// READs under way.
    var readsInFlight = 0
    /// When something last began or ended after which an answer was to be expected.
    var lastEvent = NIODeadline.uptimeNanoseconds(0)
    var fileSeconds: [Double] = []
  }

  private let state: Mutex<State>

  init(fileCount: Int) {
    var first = State()
    first.fileSeconds = Array(repeating: 0, count: fileCount)
    state = Mutex(first)
  }

  /// Everything up to now.
  var current: State { state.withLock { $0 } }

  func began(at now: NIODeadline) {
    state.withLock { state in
      if state.readsInFlight == 0 { state.lastEvent = now }
      state.readsInFlight += 1
    }
  }

  /// Some bytes of a READ arrived, and it goes on.
  func heard(at now: NIODeadline) {
    state.withLock { $0.hear(now) }
  }

  func ended(byteCount: Int, began: NIODeadline, at now: NIODeadline) {
    state.withLock { state in
      state.hear(now)
      state.readsInFlight -= 1
      state.byteCount += byteCount
      state.latency.record(.nanoseconds((now - began).nanoseconds))
    }
  }

  func closed(file: Int, seconds: Double) {
    state.withLock { state in
      state.fileCount += 1
      if state.fileSeconds.indices.contains(file) { state.fileSeconds[file] = seconds }
    }
  }
}

extension ReadLog.State {
  fileprivate mutating func hear(_ now: NIODeadline) {
    longestSilence = max(longestSilence, now - lastEvent)
    lastEvent = now
  }
}
