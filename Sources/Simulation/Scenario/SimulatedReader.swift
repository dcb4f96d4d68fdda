/// How an application reads.
public struct ReaderSettings: Hashable, Sendable {
  /// Whether all readers read the files in one order.
  public enum Order: String, CaseIterable, Hashable, Sendable {
    /// In that of the file set, as machines that boot one image do.
    case same
    /// Each in its own, drawn from the seed.
    case shuffled
  }

  /// `same` by default.
  public var order = Order.same
  /// Plain bytes asked for ahead of what the application uses; 0 means one block at a time.
  public var readAheadBytes = 1 << 20
  /// Whether reading ahead goes on into the next file, which a stock client does not.
  public var acrossFiles = false
  /// Blocks asked for and not yet there, at most.
  public var inFlightLimit = 8
  /// What the application takes for one MiB of plain bytes before it goes on; at most a minute.
  public var timePerMiB = Duration.zero

  /// The defaults.
  public init() {}
}

/// An application that reads by a ``ReadPlan``, as a state machine: a node asks it which blocks it
/// wants now, gets them for it, and tells it when they are there.
///
/// It uses blocks in order, each for some time, and waits for the one it needs next; it asks ahead
/// within its bounds. It never asks for a block that it has or waits for.
public struct SimulatedReader: Sendable {
  private enum BlockState: UInt8 {
    case absent, asked, present
  }

  private let plan: ReadPlan
  private let set: FileSet
  private let settings: ReaderSettings
  private var states: [BlockState]
  /// The step that is used next.
  private var position = 0
  /// The step that is asked for next, not before ``position``.
  private var ahead = 0
  /// The plain bytes from ``position`` up to ``ahead``.
  private var aheadBytes = 0
  private var inFlightCount = 0
  private var busyUntil: Int64 = 0
  private var waitingSince: Int64?

  /// When it began, on the cluster's clock; nil before.
  public private(set) var startedNanoseconds: Int64?
  /// When it had used its last block; nil before.
  public private(set) var finishedNanoseconds: Int64?
  /// The longest time for which it waited for one block, among those that ended.
  public private(set) var longestStallNanoseconds: Int64 = 0
  /// The sum of the times for which it waited.
  public private(set) var stalledNanoseconds: Int64 = 0
  /// The number of times it waited.
  public private(set) var stallCount = 0

  /// A reader that has not begun.
  public init(_ plan: ReadPlan, of set: FileSet, _ settings: ReaderSettings) {
    self.plan = plan
    self.set = set
    self.settings = settings
    states = Array(repeating: .absent, count: set.blockCount)
  }

  /// What it wants.
  public struct Wish: Hashable, Sendable {
    /// Blocks to get now, the one that is needed first before the others.
    public var blocks: [Int] = []
    /// When to ask again, if nothing arrives before; nil when only an arrival changes anything.
    public var againAtNanoseconds: Int64?
  }

  /// The longest time for which it has waited, one that has not ended included.
  public func longestStallNanoseconds(at now: Int64) -> Int64 {
    max(longestStallNanoseconds, waitingSince.map { now - $0 } ?? 0)
  }

  /// The block that it waits for now; nil when it waits for none.
  public var neededBlock: Int? {
    waitingSince == nil || position >= plan.steps.count ? nil : Int(plan.steps[position].block)
  }

  /// Whether a block is there.
  public func has(_ block: Int) -> Bool { states[block] == .present }

  /// Goes on as far as it can, and says what it wants. The first call begins.
  public mutating func advance(nowNanoseconds now: Int64) -> Wish {
    let start = startedNanoseconds ?? now
    startedNanoseconds = start
    var wish = Wish()
    wish.againAtNanoseconds = use(now, start)
    ask(now, start, &wish)
    return wish
  }

  /// A block is there.
  /// - Returns: false if it was there already.
  @discardableResult
  public mutating func arrived(_ block: Int) -> Bool {
    switch states[block] {
    case .present: return false
    case .asked: inFlightCount -= 1
    case .absent: break
    }
    states[block] = .present
    return true
  }

  /// A block that was asked for will not come: it is asked for again when it is its turn.
  public mutating func failed(_ block: Int) {
    guard states[block] == .asked else { return }
    states[block] = .absent
    inFlightCount -= 1
    ahead = position
    aheadBytes = 0
  }

  /// Uses what is there; says when to go on.
  private mutating func use(_ now: Int64, _ start: Int64) -> Int64? {
    while position < plan.steps.count {
      if busyUntil > now { return busyUntil }
      let step = plan.steps[position]
      let due = start + step.notBeforeNanoseconds
      if due > now { return due }
      guard states[Int(step.block)] == .present else {
        waitingSince = waitingSince ?? now
        return nil
      }
      if let since = waitingSince {
        waitingSince = nil
        longestStallNanoseconds = max(longestStallNanoseconds, now - since)
        stalledNanoseconds += now - since
        stallCount += 1
      }
      busyUntil = now + (settings.timePerMiB.wholeNanoseconds * Int64(step.bytes)) >> 20
      position += 1
      if ahead < position {
        ahead = position
      } else {
        aheadBytes -= Int(step.bytes)
      }
    }
    if busyUntil > now { return busyUntil }
    finishedNanoseconds = finishedNanoseconds ?? now
    return nil
  }

  /// Asks for what is needed, and for what comes after it.
  private mutating func ask(_ now: Int64, _ start: Int64, _ wish: inout Wish) {
    while ahead < plan.steps.count, inFlightCount < max(1, settings.inFlightLimit) {
      let step = plan.steps[ahead]
      if ahead > position {
        guard aheadBytes + Int(step.bytes) <= settings.readAheadBytes else { return }
        let current = plan.steps[position].block
        guard settings.acrossFiles || set.file(of: Int(step.block)) == set.file(of: Int(current))
        else { return }
      }
      guard start + step.notBeforeNanoseconds <= now else { return }
      if states[Int(step.block)] == .absent {
        states[Int(step.block)] = .asked
        inFlightCount += 1
        wish.blocks.append(Int(step.block))
      }
      ahead += 1
      aheadBytes += Int(step.bytes)
    }
  }
}
