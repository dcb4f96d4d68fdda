/// A picture as SVG, with colours for light and dark screens and nothing from elsewhere.
struct SVGDocument {
  /// A class of the style sheet below.
  enum Style: String {
    case axis
    case grid
    case label
    case title
    case faint
    case mds
    case peers
    case harmed
    case bound
    case mdsLine = "mds-line"
    case peersLine = "peers-line"
  }

  enum Anchor: String {
    case start
    case middle
    case end
  }

  private var body = ""
  private let width: Double
  private let height: Double

  init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }

  mutating func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: Style) {
    body += "<line x1=\"\(Self.n(x1))\" y1=\"\(Self.n(y1))\" x2=\"\(Self.n(x2))\""
    body += " y2=\"\(Self.n(y2))\" class=\"\(style.rawValue)\"/>\n"
  }

  /// - Parameter tip: shown when pointed at.
  mutating func bar(
    _ x: Double, _ y: Double, width: Double, height: Double, _ style: Style, tip: String
  ) {
    body += "<rect x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" width=\"\(Self.n(max(0, width)))\""
    body += " height=\"\(Self.n(max(0, height)))\" class=\"\(style.rawValue)\">"
    body += "<title>\(Self.escaped(tip))</title></rect>\n"
  }

  mutating func path(_ points: [(x: Double, y: Double)], _ style: Style) {
    guard points.count > 1 else { return }
    let text = points.map { "\(Self.n($0.x)),\(Self.n($0.y))" }.joined(separator: " ")
    body += "<polyline points=\"\(text)\" class=\"\(style.rawValue)\"/>\n"
  }

  mutating func text(
    _ text: String, _ x: Double, _ y: Double, _ style: Style, anchor: Anchor = .start
  ) {
    body += "<text x=\"\(Self.n(x))\" y=\"\(Self.n(y))\" text-anchor=\"\(anchor.rawValue)\""
    body += " class=\"\(style.rawValue)\">\(Self.escaped(text))</text>\n"
  }

  /// The whole document.
  /// - Parameter title: for those who do not see it.
  func text(title: String) -> String {
    let size = "\(Self.n(width)) \(Self.n(height))"
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(size)" role="img">
      <title>\(Self.escaped(title))</title>
      <style>\(Self.styleSheet)</style>
      <rect width="100%" height="100%" class="paper"/>
      \(body)</svg>

      """
  }

  private static let styleSheet = """

    svg { --paper: #ffffff; --ink: #1f2933; --faint: #69757f; --grid: #e3e8ec;
      --mds: #c2410c; --peers: #1d6fb8; --harmed: #9aa5ad; }
    @media (prefers-color-scheme: dark) { svg { --paper: #14181c; --ink: #e6eaee;
      --faint: #98a3ad; --grid: #2a3138; --mds: #fb923c; --peers: #60a5fa; --harmed: #5b666f; } }
    text { font: 12px system-ui, sans-serif; fill: var(--ink); }
    .title { font-weight: 600; font-size: 14px; }
    .label { font-size: 11px; }
    .faint { font-size: 11px; fill: var(--faint); }
    .paper { fill: var(--paper); }
    .axis { stroke: var(--faint); stroke-width: 1; }
    .grid { stroke: var(--grid); stroke-width: 1; }
    .bound { stroke: var(--mds); stroke-width: 1; stroke-dasharray: 4 3; }
    .mds { fill: var(--mds); }
    .peers { fill: var(--peers); }
    .harmed { fill: var(--harmed); }
    .mds-line { stroke: var(--mds); fill: none; stroke-width: 1.5; }
    .peers-line { stroke: var(--peers); fill: none; stroke-width: 1.5; }

    """

  private static func n(_ value: Double) -> String { Text.fixed(value, digits: 1) }

  /// Text between and within tags; what XML 1.0 does not allow at all becomes a question mark.
  static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "\u{0}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "?"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
