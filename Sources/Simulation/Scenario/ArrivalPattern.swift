import Settings

/// When readers begin, and the daemons under them.
public struct ArrivalPattern: Hashable, Sendable {
  /// How the beginnings are spread.
  public enum Pattern: String, CaseIterable, Hashable, Sendable {
    /// All at one moment.
    case barrier
    /// Each at a random moment of a period.
    case stagger
    /// One after another, evenly over a period.
    case rolling
  }

  /// When the daemons of the peers start.
  public enum Daemons: String, CaseIterable, Hashable, Sendable {
    /// At the beginning of the run, so that they know each other when reading begins.
    case first
    /// With the reader on their node, as when machines boot.
    case withReader = "with_reader"
  }

  /// `barrier` by default.
  public var pattern: Pattern
  /// The moment of the barrier, or the beginning of the period; 1 s by default.
  public var at: Duration
  /// The period's length.
  public var over: Duration
  /// `first` by default. Late joiners' daemons always start with their readers.
  public var daemons: Daemons
  /// Peers that begin at a moment of their own.
  public var late: [Late]

  /// A late joiner.
  public struct Late: Hashable, Sendable {
    /// Which peers.
    public var nodes: [Int]
    /// When they begin.
    public var at: Duration
  }

  static let keys = ["pattern", "at", "over", "daemons", "late"]

  init(_ section: Section, _ places: ScenarioPlaces) {
    pattern = section.optional("pattern", .word()) ?? .barrier
    at = section.duration("at") ?? .seconds(1)
    over = section.duration("over") ?? .zero
    daemons = section.optional("daemons", .word()) ?? .first
    if pattern != .barrier, !section.has("over") {
      section.missing("over", "the period of the pattern '\(pattern)', such as 10s")
    }
    late = section.sections("late", keys: ["whom", "at"]).compactMap { entry in
      if !entry.has("whom") { entry.missing("whom", places.expected) }
      if !entry.has("at") { entry.missing("at", "a moment, such as 60s") }
      guard let nodes = entry.nodes("whom", places), let at = entry.duration("at") else {
        return nil
      }
      return Late(nodes: nodes.filter { $0 != ScenarioPlaces.mds }, at: at)
    }
  }

  /// When the reader of each node begins; the metadata server has none.
  func moments(nodeCount: Int, _ random: inout SeededGenerator) -> [Duration] {
    let peerCount = nodeCount - 1
    var moments = [Duration.zero]
    for peer in 0..<peerCount {
      switch pattern {
      case .barrier: moments.append(at)
      case .stagger:
        let nanoseconds = Double(over.wholeNanoseconds) * random.unit()
        moments.append(at + .nanoseconds(Int64(nanoseconds)))
      case .rolling: moments.append(at + over * peer / max(1, peerCount - 1))
      }
    }
    for entry in late {
      for node in entry.nodes { moments[node] = entry.at }
    }
    return moments
  }
}
