import ArgumentParser
import Placement
import Settings

/// The settings of the exchange of blocks that an experiment varies; the daemons' where left out.
struct PolicyOptions: ParsableArguments {
  @Option(help: "Plain bytes of a block, such as 64KiB; the scenario's if left out.")
  var blockBytes: String?

  @Option(help: "Blocks that a peer sends at one time.")
  var slots: Int?

  @Option(help: "Of these, to one other.")
  var slotsPerMember: Int?

  @Option(help: "Blocks that the metadata server sends at one time.")
  var originSlots: Int?

  @Option(help: "Of these, to one peer.")
  var originSlotsPerMember: Int?

  @Option(help: "What another child of one parent costs, in blocks' times: high makes chains.")
  var fanoutCost: Double?

  func validate() throws {
    for (name, count) in [
      ("--slots", slots), ("--slots-per-member", slotsPerMember), ("--origin-slots", originSlots),
      ("--origin-slots-per-member", originSlotsPerMember),
    ] {
      guard let count, !(1...1024).contains(count) else { continue }
      throw ValidationError("\(name): read \(count), expected 1 to 1024")
    }
    if let fanoutCost, !(0...1_000_000).contains(fanoutCost) {
      throw ValidationError("--fanout-cost: read \(fanoutCost), expected 0 to 1000000")
    }
    _ = try plainBlockBytes()
  }

  /// The size of a block, if given.
  func plainBlockBytes() throws -> Int? {
    guard let blockBytes else { return nil }
    guard let bytes = ByteSize(blockBytes)?.bytes, (64 << 10...1 << 20).contains(bytes),
      bytes & (bytes - 1) == 0
    else {
      throw ValidationError(
        "--block-bytes: read \(blockBytes), expected a power of two from 64KiB to 1MiB")
    }
    return bytes
  }

  /// The peers' settings.
  var peer: Exchange.Settings {
    var settings = Exchange.Settings()
    if let slots { settings.uploads.slots = slots }
    if let slotsPerMember { settings.uploads.slotsPerMember = slotsPerMember }
    if let fanoutCost { settings.tracker.fanoutCost = fanoutCost }
    return settings
  }

  /// The metadata server's settings.
  var origin: OriginExchange.Settings {
    var settings = OriginExchange.Settings()
    if let originSlots { settings.slots = originSlots }
    if let originSlotsPerMember { settings.slotsPerMember = originSlotsPerMember }
    return settings
  }
}
