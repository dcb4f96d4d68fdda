/// What one connection holds of its listener's budget. Loop-bound, like the connection.
///
/// A connection that was opened by this side has no budget: it holds what it asked for itself.
struct ConnectionAccount {
  private let budget: ConnectionBudget?
  private let id: UInt64
  /// The other side holds the cluster's key. Its calls are many and short, and what answers them is
  /// bounded elsewhere: they are not counted, and nothing keeps them waiting here.
  var isMember = false { didSet { settle() } }
  private var callCount = 0
  /// Bytes of answers that the operating system has not taken.
  private(set) var queuedBytes = 0
  /// As the budget knows it.
  private var answerBytes = 0
  private var requestBytes = 0
  private var isClosed = false
  private var isWaitingToAnswer = false
  private var isWaitingToReceive = false

  init(budget: ConnectionBudget?, id: UInt64) {
    self.budget = budget
    self.id = id
  }

  /// Whether anybody counts.
  var isLimited: Bool { budget != nil }

  /// Whether little is left for others, so that answers that stand still have to go sooner.
  var areAnswersPressed: Bool { budget?.answers.isPressed ?? false }

  /// The same for requests.
  var areRequestsPressed: Bool { budget?.requests.isExhausted ?? false }

  /// Whether one more call may be taken.
  /// - Parameter waiter: whom to resume if not. It is not asked for if the connection goes on by
  ///   itself, as it has calls or answers under way.
  mutating func admitsCall(orResume waiter: () -> ByteBudget.Waiter) -> Bool {
    guard let budget, !isMember else { return true }
    let answers = budget.answers
    if answers.admits(holding: answerBytes, more: ConnectionBudget.callBytes) {
      return true
    }
    guard answerBytes == 0, !isWaitingToAnswer else { return false }
    answers.wait(id, waiter())
    // What was given back since the first look has woken nobody.
    isWaitingToAnswer = !answers.admits(holding: 0, more: ConnectionBudget.callBytes)
    if !isWaitingToAnswer { answers.cancelWait(id) }
    return !isWaitingToAnswer
  }

  /// Whether a request that is not complete may go on arriving.
  /// - Parameter waiter: whom to resume if not.
  mutating func admitsMoreOfRequest(orResume waiter: () -> ByteBudget.Waiter) -> Bool {
    guard let requests = budget?.requests, !isMember else { return true }
    if requestBytes <= ConnectionBudget.leastRequestBytes || !requests.isExhausted { return true }
    guard !isWaitingToReceive else { return false }
    requests.wait(id, waiter())
    isWaitingToReceive = requests.isExhausted
    if !isWaitingToReceive { requests.cancelWait(id) }
    return !isWaitingToReceive
  }

  /// It was resumed, for whatever it waited.
  mutating func resumed() { stopWaiting() }

  mutating func setCalls(_ count: Int) {
    callCount = count
    settle()
  }

  mutating func queued(_ byteCount: Int) {
    queuedBytes += byteCount
    settle()
  }

  mutating func sent(_ byteCount: Int) {
    guard !isClosed else { return }
    queuedBytes -= byteCount
    settle()
  }

  /// Bytes behind what arrived and was not taken as a call.
  mutating func setRequest(_ byteCount: Int) {
    budget?.requests.change(from: requestBytes, to: byteCount)
    requestBytes = byteCount
  }

  /// The connection is gone. Its calls count until they are answered.
  mutating func closed() {
    isClosed = true
    queuedBytes = 0
    settle()
    setRequest(0)
    stopWaiting()
  }

  private mutating func stopWaiting() {
    if isWaitingToAnswer { budget?.answers.cancelWait(id) }
    if isWaitingToReceive { budget?.requests.cancelWait(id) }
    isWaitingToAnswer = false
    isWaitingToReceive = false
  }

  private mutating func settle() {
    guard let budget else { return }
    let calls = isMember ? 0 : callCount
    let bytes = calls * ConnectionBudget.callBytes + queuedBytes
    budget.answers.change(from: answerBytes, to: bytes)
    answerBytes = bytes
  }
}
