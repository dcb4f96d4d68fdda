import Settings

// The kinds of values that only scenarios have.
extension Section {
  /// A rate; nil if it is left out.
  func rate(_ key: String) -> LinkRate? {
    let kind = Kind<String>.text(LinkRate.expected)
      .which(LinkRate.expected) { LinkRate($0) != nil }
    return optional(key, kind).flatMap(LinkRate.init)
  }

  /// A mapping of two rates; what it leaves out is as in `link`.
  func link(_ key: String, _ link: LinkRates = LinkRates()) -> LinkRates {
    let rates = section(key, keys: ["up", "down"])
    var link = link
    if let rate = rates.rate("up") { link.up = rate.bytesPerSecond }
    if let rate = rates.rate("down") { link.down = rate.bytesPerSecond }
    return link
  }

  /// A duration of at most a year, with a sign in front if `signed`; nil if it is left out.
  func duration(_ key: String, signed: Bool = false) -> Duration? {
    func read(_ text: String) -> Duration? {
      let isNegative = signed && text.hasPrefix("-")
      let digits = isNegative || (signed && text.hasPrefix("+")) ? text.dropFirst() : text[...]
      let year = Duration.seconds(366 * 86_400)
      if digits == "0" { return .zero }
      guard let duration = Duration(configurationText: String(digits)), duration <= year else {
        return nil
      }
      return isNegative ? .zero - duration : duration
    }
    let expected =
      "a duration of at most a year, such as 250us, 90s or \(signed ? "-1h" : "2m")"
    let kind = Kind<String>.text(expected).which(expected) { read($0) != nil }
    return optional(key, kind).flatMap(read)
  }

  /// A duration for each tier; what it leaves out is as in `tiers`.
  func tiers(_ key: String, _ tiers: Tiered<Duration>) -> Tiered<Duration> {
    let section = section(key, keys: ["node", "rack", "zone", "elsewhere"])
    return Tiered(
      sameNode: section.duration("node") ?? tiers.sameNode,
      sameRack: section.duration("rack") ?? tiers.sameRack,
      sameZone: section.duration("zone") ?? tiers.sameZone,
      elsewhere: section.duration("elsewhere") ?? tiers.elsewhere)
  }

  /// A number with a fraction, within bounds; nil if it is left out.
  func fraction(_ key: String, _ what: String, _ range: ClosedRange<Double>) -> Double? {
    let expected = "\(what) from \(range.lowerBound) to \(range.upperBound)"
    let kind = Kind<String>.text(expected)
      .which(expected) { Double($0).map(range.contains) ?? false }
    return optional(key, kind).flatMap { Double($0) }
  }

  /// Nodes by their names, in order and each once; nil if it is left out.
  func nodes(_ key: String, _ places: ScenarioPlaces) -> [Int]? {
    let expected = places.expected
    let kind = Kind<String>.text(expected).which(expected) { places.nodes($0) != nil }
    guard let names = list(key, kind, orOne: true, limit: 1000) else { return nil }
    return Set(names.flatMap { places.nodes($0) ?? [] }).sorted()
  }
}
