/// What a member is in the cluster.
public enum MemberRole: UInt8, Sendable, CaseIterable {
  /// The metadata server.
  case mds = 1
  /// A peer: a client of the metadata server and a data server.
  case peer = 2
}

/// What a member is willing to do now.
public struct MemberFlags: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// It answers READs and requests for blocks.
  public static let serving = MemberFlags(rawValue: 1)
  /// It is about to stop: nothing new is to be sent to it.
  public static let draining = MemberFlags(rawValue: 2)
  /// Every flag that there is; others are refused by the decoder.
  static let all: MemberFlags = [.serving, .draining]
}

/// The versions of the cluster's protocols that a member speaks, both ends included.
public struct VersionRange: Hashable, Sendable {
  public let minimum: UInt8
  public let maximum: UInt8

  /// The range from `minimum` up to the larger of the two.
  public init(minimum: UInt8, maximum: UInt8) {
    self.minimum = minimum
    self.maximum = max(minimum, maximum)
  }

  /// Whether there is a version that both speak.
  public func overlaps(_ other: VersionRange) -> Bool {
    minimum <= other.maximum && other.minimum <= maximum
  }

  /// Version 1 only.
  public static let current = VersionRange(minimum: 1, maximum: 1)
}

/// What a member says about itself. Changes slowly; every change is spread under a new incarnation.
public struct MemberRecord: Hashable, Sendable {
  /// The most UTF-8 bytes of each of ``name``, ``zone``, ``rack`` and ``node``.
  public static let textLimitBytes = 128

  /// The member's number, the same across restarts.
  public var id: MemberID
  /// For people; at most ``textLimitBytes`` bytes, without control characters.
  public var name: String
  public var role: MemberRole
  /// Where it takes gossip datagrams.
  public var gossip: GossipEndpoint
  /// Where it takes TCP connections, for NFS and for the block program.
  public var service: GossipEndpoint
  /// Where it is; nil where nobody said. Each as long as a name may be; empty is nil.
  public var zone: String?
  public var rack: String?
  public var node: String?
  public var flags: MemberFlags
  public var versions: VersionRange
  /// Drawn at random when the process starts: tells a restarted member from the one before.
  public var boot: UInt64

  public init(
    id: MemberID, name: String, role: MemberRole, gossip: GossipEndpoint, service: GossipEndpoint,
    zone: String? = nil, rack: String? = nil, node: String? = nil, flags: MemberFlags = [],
    versions: VersionRange = .current, boot: UInt64
  ) {
    self.id = id
    self.name = name
    self.role = role
    self.gossip = gossip
    self.service = service
    self.zone = zone
    self.rack = rack
    self.node = node
    self.flags = flags
    self.versions = versions
    self.boot = boot
  }

  /// Whether others will accept the record: texts within their limits and a gossip endpoint that
  /// can be sent to. What a shell makes a ``Swim`` of must be acceptable.
  public var isAcceptable: Bool {
    gossip.isUnicast && flags.subtracting(.all).isEmpty
      && [name, zone ?? "", rack ?? "", node ?? ""].allSatisfy(Self.isAcceptable)
  }

  static func isAcceptable(_ text: String) -> Bool {
    text.utf8.count <= textLimitBytes && text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
  }
}
