import Foundation

/// What tshark makes of a record: whether it understands every packet.
public struct Dissection: Sendable {
  /// A line that tells of something that it does not understand.
  public struct Complaint: Sendable, CustomStringConvertible {
    public var frame: Int
    public var text: String

    public var description: String { "frame \(frame): \(text)" }
  }

  /// Packets in the record.
  public var packetCount = 0

  /// RPC calls and replies among them, once each.
  public var messageCount = 0

  /// How often each NFSv4 operation number was in a message.
  public var operationCounts: [Int: Int] = [:]

  /// Malformed packets and fields of unknown meaning, 100 at most.
  public var complaints: [Complaint] = []

  static func of(_ path: String, ports: [UInt16], within limit: Duration) async throws -> Self {
    // A client's reserved port may be registered for something else, which tshark would try first.
    var arguments = ["tshark", "-n", "-r", path, "-d", "tcp.port==1-1023,rpc"]
    for port in ports where port > 1023 { arguments += ["-d", "tcp.port==\(port),rpc"] }

    var dissection = Dissection()
    let table = try await ChildProcess.check(
      arguments + [
        "-Y", "!(\(Capture.marker))", "-T", "fields", "-e", "frame.number", "-e", "rpc.msgtyp",
        "-e", "nfs.opcode",
      ], within: limit)
    for line in table.split(separator: "\n") {
      let columns = line.split(separator: "\t", omittingEmptySubsequences: false)
      dissection.packetCount += 1
      guard columns.count == 3 else { continue }
      dissection.messageCount += columns[1].split(separator: ",").count
      for operation in columns[2].split(separator: ",").compactMap({ Int($0) }) {
        dissection.operationCounts[operation, default: 0] += 1
      }
    }

    // The full text is several times the record's size: what matters is picked in the pipe.
    let script = #"""
      "$@" -V -Y 'rpc || _ws.malformed' |
        grep -aE '^Frame [0-9]+:|[Uu]nknown|Malformed Packet|Unreassembled|Expert Info .Error' |
        grep -av 'Name: Unknown' |
        awk '/^Frame [0-9]+:/ { frame = $2; next } n++ < 100 { print frame, $0 }'
      """#
    let text = try await ChildProcess.check(["sh", "-c", script, "sh"] + arguments, within: limit)
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let frame = Int(parts[0]) else { continue }
      dissection.complaints.append(
        Complaint(frame: frame, text: parts[1].trimmingCharacters(in: .whitespaces)))
    }
    return dissection
  }
}
