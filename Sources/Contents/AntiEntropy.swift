/// Bounds of anti-entropy: how one member learns exactly what another one holds, over a reliable
/// connection.
///
/// Everybody asks the owner, and nobody passes on what third ones hold. What is heard second-hand
/// could not be disproved to the one who said it, would bring members back that are dead, and
/// would need an order among versions of a claim; the owner answers for itself, and its root
/// digest, which gossip brings, says when to ask.
///
///     puller                                      owner
///     compare(root)                       →
///                                         ←       same                    (33 and 25 bytes in all)
///                                         ←       buckets: 256 digests
///     versions(of the buckets that differ) →
///                                         ←       versions with their terms, in pages
///     blocks(of the versions that differ)  →
///                                         ←       bitmaps, in pages
///     compare(root)                       →       … until they are the same
///
/// A digest does not say whose it is, so what another member is already known to hold exactly like
/// that is taken from there: a thousand nodes with the same image cost each 2 KB a member, not the
/// list of its files.
///
/// Every message is at most ``messageBytes`` long.
public enum AntiEntropy {
  /// The most bytes of a request or of an answer.
  public static let messageBytes = 64 << 10
  /// The most versions in one list; so many with their terms, or with a range each, fit into a
  /// message.
  public static let versionsPerMessage = 2000
  /// How often one pull compares roots before it gives up, because the owner changes faster than it
  /// can be followed, or does not keep to what it said.
  public static let comparisonsPerPull = 4
  /// The most messages one pull may take: 2 million versions.
  public static let messagesPerPull = 4096
}
