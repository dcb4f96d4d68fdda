/// The knobs of a ``Swim``, with what each costs. The presets are ``lan``, ``wan`` and ``local``.
///
/// With n members, h = 76 bytes of UDP, IPv4 and seal in every datagram, and nothing to tell:
///
///     sent at rest, bytes/s      ≈ 2 · (h + 33) / probeInterval + 2 · (h + 22) / syncInterval
///     first probe of a dead one  ≈ 1.6 · probeInterval on the average over the cluster
///     the verdict of that probe  = probeInterval
///     from suspicion to death    = suspicionMultiplier · max(1, log10 n) · probeInterval, with
///                                  suspicionMultiplier − 2 confirmations by others; up to
///                                  suspicionMaximum times that with none
///     a broadcast takes          ≈ log(n) / log(1 + gossipFanout) hops of an eighth of
///                                  gossipInterval on the average, and is sent by each member
///                                  retransmitMultiplier · ceil(log10(n + 1)) times
///
/// Everybody in a cluster should have the same settings; nothing breaks where they differ.
public struct SwimSettings: Hashable, Sendable {
  // MARK: Failure detection

  /// One member is probed in each. Detection time and the cost at rest scale with it: n members
  /// send n pings and n acks in an interval, whatever n is.
  public var probeInterval: Duration
  /// How long an ack may take before others are asked to probe. Above the 99th percentile of the
  /// round-trip time; at most half of `probeInterval`, so that the indirect probe has its chance.
  public var probeTimeout: Duration
  /// How many others are asked when a ping was not answered (k in the paper). Costs 4 datagrams
  /// for each, only then.
  public var indirectProbes: Int
  /// Scales the time a suspect has to refute. Larger: fewer false deaths, later true ones.
  public var suspicionMultiplier: Int
  /// How many times longer a suspect has whom nobody else suspects (Lifeguard's β is 6).
  public var suspicionMaximum: Int
  /// The largest score of the local health: probe interval and timeout grow up to 1 + this times
  /// when our own probes fail, nacks stay away or we had to refute (Lifeguard's S is 8).
  public var localHealthMaximum: Int
  /// A call that comes this much later than ``Swim/nextDeadline`` means that we, not the others,
  /// stood still: the time lost is taken out of every deadline. More than a timer is late on a
  /// healthy host; less than `probeTimeout`.
  public var latenessAllowed: Duration

  // MARK: Dissemination

  /// How often news is sent while there is any. Nothing is sent at rest. The first datagrams of
  /// news leave within a quarter of it.
  public var gossipInterval: Duration
  /// How many members, chosen at random, get each datagram of news.
  public var gossipFanout: Int
  /// How many datagrams one member gets at once, while there is enough news to fill them. The most
  /// a node sends is gossipFanout · gossipBurst · (28 + 1,400) / gossipInterval bytes/s; divided
  /// by the number of retransmissions that is how much news the cluster can spread.
  public var gossipBurst: Int
  /// λ: each item of news is sent λ · ceil(log10(n + 1)) times by each member. A member misses it
  /// with a probability of about e to the minus that; anti-entropy repairs what is missed.
  public var retransmitMultiplier: Int
  /// Broadcasts waiting to be sent on; when full, those sent most often, then the oldest, are
  /// dropped and counted. Each takes at most 1,100 bytes.
  public var broadcastLimit: Int
  /// Broadcasts accepted from one origin in a second; more are dropped and counted. Twice as many
  /// may come at once.
  public var broadcastsPerSecond: Int
  /// A member's load is spread at most this often; n / 64 times less often with more than 64
  /// members, so that the cluster's loads cost a node the same bytes/s whatever n is: about
  /// 64 · 45 · the number of retransmissions / loadInterval while every load changes all the time.
  public var loadInterval: Duration
  /// A load is spread when a figure changed by more than this fraction of the larger of the two.
  public var loadChange: Double

  // MARK: Joining and anti-entropy

  /// How often seeds are asked, until one answers; twice as long after each attempt, up to 32
  /// times.
  public var joinInterval: Duration
  /// How many datagrams of members a joiner gets from its seed, about 12 members in each. It
  /// fetches the others from those.
  public var joinPages: Int
  /// Datagrams of members that a node spends on joiners in a second, all together. A joiner gets
  /// one when they are used up.
  public var joinPagesPerSecond: Int
  /// How often the list of members is compared with another member's; after somebody joined, within
  /// a third of it. Two lists that agree cost two small datagrams.
  public var syncInterval: Duration
  /// How many datagrams each side sends at most when two lists are found to differ; the rest waits
  /// for the next comparison, which then comes soon.
  public var syncPages: Int
  /// How often a dead member, or a seed that is no member, is asked whether it is back: what heals
  /// a partition that outlasted everybody's suspicion.
  public var reviveInterval: Duration
  /// How long a dead or departed member is remembered with its record, and retried. After that a
  /// number is kept, so that old news does not bring it back.
  public var forgetAfter: Duration

  // MARK: Bounds

  /// The most members, dead ones included, beside ourselves; the oldest dead make room, further
  /// members are refused and counted. A member takes about 300 bytes.
  public var memberLimit: Int
  /// The most bytes of a datagram before it is sealed.
  public var datagramBytes: Int
  /// The most bytes of news that ride on a ping or an ack.
  public var piggybackBytes: Int
  /// What one source address can make us do in a second: an answer is 1, a relayed probe 2, a page
  /// of members 4. Twice as much may come at once; requests beyond are dropped and counted.
  public var workPerSecond: Int
  /// Probes made for others at one time; beyond that requests are dropped and counted.
  public var relayLimit: Int

  /// For one data centre. Measured with 64 members: 234 bytes/s sent by each at rest; a broadcast
  /// known to 95% after 120 ms; a crash known everywhere after 8.6 to 10.8 s.
  public static let lan = SwimSettings()

  /// For links of some 100 ms. Measured with 64 members: 49 bytes/s; 290 ms; a minute.
  public static let wan = SwimSettings(
    probeInterval: .seconds(5), probeTimeout: .milliseconds(2500), suspicionMultiplier: 6,
    latenessAllowed: .seconds(1), gossipInterval: .milliseconds(500), gossipFanout: 4,
    loadInterval: .seconds(5), joinInterval: .seconds(3), syncInterval: .seconds(30),
    reviveInterval: .seconds(60))

  /// For tests on one machine. Measured with three members: 1.3 kB/s; 5 ms; 1 to 1.4 s.
  public static let local = SwimSettings(
    probeInterval: .milliseconds(200), probeTimeout: .milliseconds(100), suspicionMultiplier: 3,
    latenessAllowed: .milliseconds(50), gossipInterval: .milliseconds(20),
    loadInterval: .milliseconds(100), joinInterval: .milliseconds(200), syncInterval: .seconds(1),
    reviveInterval: .seconds(1), forgetAfter: .seconds(60))

  /// The defaults are those of ``lan``.
  public init(
    probeInterval: Duration = .seconds(1), probeTimeout: Duration = .milliseconds(500),
    indirectProbes: Int = 3, suspicionMultiplier: Int = 4, suspicionMaximum: Int = 6,
    localHealthMaximum: Int = 8, latenessAllowed: Duration = .milliseconds(200),
    gossipInterval: Duration = .milliseconds(100), gossipFanout: Int = 3, gossipBurst: Int = 4,
    retransmitMultiplier: Int = 4, broadcastLimit: Int = 1024, broadcastsPerSecond: Int = 100,
    loadInterval: Duration = .seconds(1), loadChange: Double = 0.2,
    joinInterval: Duration = .seconds(1), joinPages: Int = 8, joinPagesPerSecond: Int = 64,
    syncInterval: Duration = .seconds(10), syncPages: Int = 16,
    reviveInterval: Duration = .seconds(15), forgetAfter: Duration = .seconds(24 * 3600),
    memberLimit: Int = 20_000, datagramBytes: Int = 1352, piggybackBytes: Int = 1200,
    workPerSecond: Int = 200, relayLimit: Int = 256
  ) {
    self.probeInterval = probeInterval
    self.probeTimeout = probeTimeout
    self.indirectProbes = indirectProbes
    self.suspicionMultiplier = suspicionMultiplier
    self.suspicionMaximum = suspicionMaximum
    self.localHealthMaximum = localHealthMaximum
    self.latenessAllowed = latenessAllowed
    self.gossipInterval = gossipInterval
    self.gossipFanout = gossipFanout
    self.gossipBurst = gossipBurst
    self.retransmitMultiplier = retransmitMultiplier
    self.broadcastLimit = broadcastLimit
    self.broadcastsPerSecond = broadcastsPerSecond
    self.loadInterval = loadInterval
    self.loadChange = loadChange
    self.joinInterval = joinInterval
    self.joinPages = joinPages
    self.joinPagesPerSecond = joinPagesPerSecond
    self.syncInterval = syncInterval
    self.syncPages = syncPages
    self.reviveInterval = reviveInterval
    self.forgetAfter = forgetAfter
    self.memberLimit = memberLimit
    self.datagramBytes = datagramBytes
    self.piggybackBytes = piggybackBytes
    self.workPerSecond = workPerSecond
    self.relayLimit = relayLimit
  }
}
