/// A daemon's configuration while it is put together: keys in order, whose values are text as YAML
/// writes it, or keys again.
public struct ConfigurationTree: Hashable, Sendable {
  private enum Value: Hashable, Sendable {
    case text(String)
    case tree(ConfigurationTree)
  }

  private var keys: [String] = []
  private var values: [String: Value] = [:]

  public init() {}

  /// Sets a value, in place of the one there is.
  /// - Parameters:
  ///   - path: keys joined by dots: `cache.memory_bytes`.
  ///   - text: as YAML writes it: `64MiB`, `"a b"`, `[1, 2]`.
  public mutating func set(_ path: String, _ text: String) {
    set(path.split(separator: ".").map(String.init)[...], text)
  }

  private mutating func set(_ path: ArraySlice<String>, _ text: String) {
    guard let key = path.first else { return }
    if values[key] == nil { keys.append(key) }
    guard path.count > 1 else {
      values[key] = .text(text)
      return
    }
    var tree = ConfigurationTree()
    if case .tree(let known) = values[key] { tree = known }
    tree.set(path.dropFirst(), text)
    values[key] = .tree(tree)
  }

  /// A value's text; nil where there is none.
  public func text(_ path: String) -> String? {
    var tree = self
    let names = path.split(separator: ".").map(String.init)
    for name in names.dropLast() {
      guard case .tree(let next) = tree.values[name] else { return nil }
      tree = next
    }
    guard let last = names.last, case .text(let text) = tree.values[last] else { return nil }
    return text
  }

  /// Everything as YAML.
  public var yaml: String { lines(indentation: "").joined() }

  private func lines(indentation: String) -> [String] {
    keys.flatMap { key -> [String] in
      switch values[key] {
      case .text(let text): ["\(indentation)\(key): \(text)\n"]
      case .tree(let tree):
        ["\(indentation)\(key):\n"] + tree.lines(indentation: indentation + "  ")
      case nil: []
      }
    }
  }
}

/// A line for a daemon's configuration: `KEY=VALUE`, keys joined by dots.
public struct ConfigurationLine: Hashable, Sendable {
  public let key: String
  public let value: String

  /// Reads `cache.memory_bytes=64MiB`; nil for anything without a key and an equals sign.
  public init?(_ text: String) {
    guard let equals = text.firstIndex(of: "="), equals > text.startIndex else { return nil }
    key = String(text[..<equals])
    value = String(text[text.index(after: equals)...])
    guard !key.hasPrefix("."), !key.hasSuffix("."), !key.contains(" ") else { return nil }
  }
}
