public import Admin
import Membership
import Transport

/// What an operator sees of this member's gossip.
extension ClusterGossip {
  /// Who is there, what was sent and received, and what was refused and why.
  public var metrics: [MetricFamily] {
    let members = members
    var families = [
      family(
        "members", "Other members of the cluster, by what is known of them.", .gauge, "state",
        [
          ("alive", UInt64(members.count { $0.state == .alive })),
          ("suspect", UInt64(members.count { $0.state == .suspect })),
        ]),
      family(
        "members_gone_total", "Members that failed or said good-bye, since the start.", .counter,
        "how", [("failed", gone.failed), ("left", gone.left)]),
    ]
    guard let statistics else { return families }
    let (seal, swim) = (statistics.seal, statistics.swim)
    families += [
      family(
        "datagrams_total", "Datagrams of gossip.", .counter, "direction",
        [("in", statistics.datagramsIn), ("out", statistics.datagramsOut)]),
      family(
        "bytes_total", "Bytes in them, without headers.", .counter, "direction",
        [("in", statistics.bytesIn), ("out", statistics.bytesOut)]),
      family(
        "probes_total", "Probes of other members, and those without any answer.", .counter,
        "result", [("sent", swim.probes), ("failed", swim.probesFailed)]),
      family(
        "refutations_total", "Times others suspected this member, and it said that it is alive.",
        .counter, nil, [("", swim.refutations)]),
      family(
        "late_total", "Times this process stood still for longer than it may.", .counter, nil,
        [("", swim.lateCalls)]),
      family(
        "news_total", "News of others taken in, and news dropped before it was sent on enough.",
        .counter, "what", [("delivered", swim.delivered), ("dropped", swim.queueDropped)]),
      family(
        "refused_total", "Datagrams and news that changed nothing, by why.", .counter, "reason",
        SealRefusal.allCases.map { ("\($0)", seal.refused[$0] ?? 0) } + [
          ("malformed", swim.malformed), ("otherFormat", swim.otherFormat),
          ("flood", swim.workRefused + swim.broadcastsRefused),
          ("implausible", swim.implausible), ("stranger", swim.broadcastsOfStrangers),
        ]),
    ]
    return families
  }

  private func family(
    _ name: String, _ help: String, _ kind: MetricFamily.Kind, _ label: String?,
    _ values: [(String, UInt64)]
  ) -> MetricFamily {
    MetricFamily(
      name: "p2pnfs_gossip_" + name, help: help, kind: kind,
      samples: values.map { value, count in
        MetricFamily.Sample(
          labels: label.map { [.init($0, value)] } ?? [], value: Double(count))
      })
  }
}
