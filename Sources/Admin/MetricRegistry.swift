import Synchronization

/// The metrics of one program by name. A role asks for each of its counters once, keeps it, and
/// adds to it without coming here again.
///
/// A second request for a name with the same labels gives the same counter. Names and kinds are
/// the program's own: one name for two kinds is a mistake in the program and stops it.
public final class MetricRegistry: Sendable {
  private enum Source: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case reading(@Sendable () -> Double)

    var value: Double {
      switch self {
      case .counter(let counter): Double(counter.value)
      case .gauge(let gauge): Double(gauge.value)
      case .reading(let read): read()
      }
    }
  }

  private struct Family: Sendable {
    let name: String
    let help: String
    let kind: MetricFamily.Kind
    var series: [(labels: [MetricFamily.Label], source: Source)] = []
  }

  private let prefix: String
  private let table = Mutex<[Family]>([])

  /// An empty registry whose metrics all begin with `prefix` and `_`.
  public init(prefix: String = "p2pnfs") {
    self.prefix = prefix
  }

  /// The counter of this name and these labels. `_total` is added to the name.
  public func counter(
    _ name: String, _ help: String, labels: [MetricFamily.Label] = []
  ) -> Counter {
    let source = source("\(name)_total", help, .counter, labels) { .counter(Counter()) }
    guard case .counter(let counter) = source else {
      preconditionFailure("\(name) is not a counter")
    }
    return counter
  }

  /// The gauge of this name and these labels.
  public func gauge(
    _ name: String, _ help: String, labels: [MetricFamily.Label] = []
  ) -> Gauge {
    let source = source(name, help, .gauge, labels) { .gauge(Gauge()) }
    guard case .gauge(let gauge) = source else {
      preconditionFailure("\(name) is read by a closure")
    }
    return gauge
  }

  /// A gauge that is read when it is asked for. `read` must neither block nor come back here for
  /// new metrics; the first closure for a name and labels stays.
  public func gauge(
    _ name: String, _ help: String, labels: [MetricFamily.Label] = [],
    read: @escaping @Sendable () -> Double
  ) {
    _ = source(name, help, .gauge, labels) { .reading(read) }
  }

  /// All metrics in the order they were first asked for.
  public func families() -> [MetricFamily] {
    let families = table.withLock { $0 }
    return families.map { family in
      MetricFamily(
        name: family.name, help: family.help, kind: family.kind,
        samples: family.series.map {
          MetricFamily.Sample(labels: $0.labels, value: $0.source.value)
        })
    }
  }

  private func source(
    _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ labels: [MetricFamily.Label],
    _ make: () -> Source
  ) -> Source {
    let name = "\(prefix)_\(name)"
    precondition(
      Self.isName(name) && labels.allSatisfy { Self.isName($0.name) },
      "\(name) or one of its labels \(labels) is no name")
    return table.withLock { families in
      let index =
        families.firstIndex { $0.name == name }
        ?? {
          families.append(Family(name: name, help: help, kind: kind))
          return families.count - 1
        }()
      precondition(families[index].kind == kind, "\(name) is a \(families[index].kind)")
      if let known = families[index].series.first(where: { $0.labels == labels }) {
        return known.source
      }
      let source = make()
      families[index].series.append((labels, source))
      return source
    }
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(48...57 ~= first) else { return false }
    return text.utf8.allSatisfy {
      48...57 ~= $0 || 65...90 ~= $0 || 97...122 ~= $0 || $0 == UInt8(ascii: "_")
    }
  }
}
