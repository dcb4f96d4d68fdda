extension MemberLoad {
  /// The most bytes of an encoded load.
  static let limitBytes = 5 + 3 * 10 + 5

  /// Writes the load: sequence, egress, capacity, bytes in flight and queue, each of variable
  /// length.
  func encode(into writer: inout ByteWriter) {
    writer.varint(UInt64(sequence))
    writer.varint(egressBytesPerSecond)
    writer.varint(capacityBytesPerSecond)
    writer.varint(inFlightBytes)
    writer.varint(UInt64(queueMilliseconds))
  }

  init(decoding reader: inout ByteReader) throws(GossipError) {
    let sequence = try reader.varint32()
    self.init(
      egressBytesPerSecond: try reader.varint(), capacityBytesPerSecond: try reader.varint(),
      inFlightBytes: try reader.varint(), queueMilliseconds: try reader.varint32())
    self.sequence = sequence
  }

  /// Whether a figure differs from `other`'s by more than `fraction` of the larger of the two.
  func differs(from other: MemberLoad, byMoreThan fraction: Double) -> Bool {
    func differ(_ one: UInt64, _ two: UInt64) -> Bool {
      Double(max(one, two) - min(one, two)) > fraction * Double(max(one, two))
    }
    return differ(egressBytesPerSecond, other.egressBytesPerSecond)
      || differ(capacityBytesPerSecond, other.capacityBytesPerSecond)
      || differ(inFlightBytes, other.inFlightBytes)
      || differ(UInt64(queueMilliseconds), UInt64(other.queueMilliseconds))
  }
}
