/// A pattern for paths relative to an export, without a leading slash: `lib/**/*.so*`.
///
/// `*` matches any run of bytes other than `/`, `?` one such byte, `[a-z]` and `[!a-z]` one byte
/// of a set, `\` takes the next byte literally, and `**` as a whole component matches any number
/// of components, none included. Everything else matches itself. A pattern without a `/` matches
/// the last component at any depth, as people know it from `.gitignore`; one that begins with `/`
/// matches from the top only. Matching is on bytes and takes at most
/// (pattern length × path length) steps.
public struct Glob: Hashable, Sendable, CustomStringConvertible {
  /// The longest pattern that is accepted, in bytes.
  public static let byteLimit = 1024

  /// The pattern as it was read.
  public let description: String
  private let components: [Component]

  private enum Component: Hashable, Sendable {
    case anyDepth
    case pattern([Token])
  }

  private enum Token: Hashable, Sendable {
    case byte(UInt8)
    case anyByte
    case anyRun
    case set([ClosedRange<UInt8>], inverted: Bool)

    func matches(_ byte: UInt8) -> Bool {
      switch self {
      case .byte(let own): own == byte
      case .anyByte: true
      case .anyRun: false
      case .set(let ranges, let inverted): ranges.contains { $0.contains(byte) } != inverted
      }
    }
  }

  /// Reads a pattern; nil if it is empty or too long, has an empty component, or ends within a
  /// set or after a backslash.
  public init?(_ text: String) {
    guard (1...Self.byteLimit).contains(text.utf8.count) else { return nil }
    description = text
    let anchored = text.hasPrefix("/")
    let body = Array(anchored ? text.utf8.dropFirst() : text.utf8[...])
    var components: [Component] = []
    for part in body.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.elementsEqual("**".utf8) {
        if components.last != .anyDepth { components.append(.anyDepth) }
      } else {
        guard let tokens = Self.tokens(part) else { return nil }
        components.append(.pattern(tokens))
      }
    }
    if components.count == 1, !anchored, components[0] != .anyDepth {
      components.insert(.anyDepth, at: 0)
    }
    self.components = components
  }

  /// Whether the path (relative to the export, without a leading slash) matches as a whole.
  public func matches(_ path: String) -> Bool {
    matches(pathBytes: Array(path.utf8))
  }

  /// Whether the path matches as a whole, for names that need not be UTF-8.
  public func matches(pathBytes: [UInt8]) -> Bool {
    let names = pathBytes.split(separator: UInt8(ascii: "/"))
    // The same greedy walk twice, over components and over bytes: on a mismatch go back to the
    // last wildcard and let it take one more.
    var component = 0
    var name = 0
    var retry: (component: Int, name: Int)?
    while name < names.count {
      if component < components.count {
        switch components[component] {
        case .anyDepth:
          retry = (component + 1, name)
          component += 1
          continue
        case .pattern(let tokens):
          if Self.matches(tokens, names[name]) {
            component += 1
            name += 1
            continue
          }
        }
      }
      guard let (restart, taken) = retry else { return false }
      retry = (restart, taken + 1)
      component = restart
      name = taken + 1
    }
    return components[component...].allSatisfy { $0 == .anyDepth }
  }

  private static func matches(_ tokens: [Token], _ name: ArraySlice<UInt8>) -> Bool {
    var token = 0
    var at = name.startIndex
    var retry: (token: Int, at: Int)?
    while at < name.endIndex {
      if token < tokens.count {
        if tokens[token] == .anyRun {
          retry = (token + 1, at)
          token += 1
          continue
        }
        if tokens[token].matches(name[at]) {
          token += 1
          at += 1
          continue
        }
      }
      guard let (restart, taken) = retry else { return false }
      retry = (restart, taken + 1)
      token = restart
      at = taken + 1
    }
    return tokens[token...].allSatisfy { $0 == .anyRun }
  }

  private static func tokens(_ part: ArraySlice<UInt8>) -> [Token]? {
    guard !part.isEmpty else { return nil }
    var tokens: [Token] = []
    var rest = part
    while let byte = rest.popFirst() {
      switch byte {
      case UInt8(ascii: "*"): if tokens.last != .anyRun { tokens.append(.anyRun) }
      case UInt8(ascii: "?"): tokens.append(.anyByte)
      case UInt8(ascii: "\\"):
        guard let literal = rest.popFirst() else { return nil }
        tokens.append(.byte(literal))
      case UInt8(ascii: "["):
        guard let set = set(&rest) else { return nil }
        tokens.append(set)
      default: tokens.append(.byte(byte))
      }
    }
    return tokens
  }

  /// What follows `[`: an optional `!` or `^`, bytes and ranges, `]` (literal if it is the first).
  private static func set(_ rest: inout ArraySlice<UInt8>) -> Token? {
    var ranges: [ClosedRange<UInt8>] = []
    let inverted = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if inverted { rest.removeFirst() }
    while let low = rest.popFirst() {
      if low == UInt8(ascii: "]"), !ranges.isEmpty { return .set(ranges, inverted: inverted) }
      if rest.first == UInt8(ascii: "-"), let high = rest.dropFirst().first,
        high != UInt8(ascii: "]")
      {
        guard low <= high else { return nil }
        ranges.append(low...high)
        rest.removeFirst(2)
      } else {
        ranges.append(low...low)
      }
    }
    return nil
  }
}
