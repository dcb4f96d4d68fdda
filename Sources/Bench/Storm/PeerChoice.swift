/// A peer by its number, from 1, with something that befalls it.
public struct PeerFault: Hashable, Sendable, CustomStringConvertible {
  public let peer: Int
  /// Of all bytes that all readers are to read: when so much was read.
  public let fraction: Double

  /// Reads `PEER@FRACTION`, such as `3@0.5`; nil for anything else.
  public init?(_ text: String) {
    let words = text.split(separator: "@", omittingEmptySubsequences: false)
    guard words.count == 2, let peer = Int(words[0]), peer > 0, let fraction = Double(words[1]),
      (0...1).contains(fraction)
    else { return nil }
    self.peer = peer
    self.fraction = fraction
  }

  public var description: String { "\(peer)@\(Text.number(fraction))" }
}

/// A peer whose link is another one than the others'.
public struct PeerRate: Hashable, Sendable, CustomStringConvertible {
  public let peer: Int
  public let rate: LinkRate

  /// Reads `PEER=RATE`, such as `3=10mbit`; nil for anything else.
  public init?(_ text: String) {
    let words = text.split(separator: "=", omittingEmptySubsequences: false)
    guard words.count == 2, let peer = Int(words[0]), peer > 0,
      let rate = LinkRate(String(words[1]))
    else { return nil }
    self.peer = peer
    self.rate = rate
  }

  public var description: String { "\(peer)=\(rate)" }
}
