import Lab
import NFSv4
import NIOCore
import ONCRPC
import XDR

/// What a client told a data server, read off the wire.
struct WireRecord {
  /// A READ as it went over the wire.
  struct Read {
    var handle: NfsFh4
    var arguments: READ4args
    var principal: RPCPrincipal
  }

  var owner: ClientOwner4?
  /// That of the last CREATE_SESSION.
  var createSequence: UInt32?
  var minorversion: UInt32 = 0
  var reads: [Read] = []

  /// The first READ by a user.
  func read(uid: UInt32) -> Read? {
    reads.first { read in
      if case .sys(uid: uid, gid: _, gids: _) = read.principal { true } else { false }
    }
  }

  /// Takes the calls to a server out of a record of packets that holds their connections from the
  /// first byte.
  static func of(
    _ capture: Capture, from client: String, to server: String, on node: Node
  ) async throws -> WireRecord {
    let table = try await node.run(
      [
        "tshark", "-n", "-r", capture.path, "-o", "tcp.desegment_tcp_streams:FALSE",
        "-d", "tcp.port==2049,data", "-Y",
        "ip.src == \(client) && ip.dst == \(server) && tcp.dstport == 2049 && tcp.len > 0",
        "-T", "fields", "-e", "tcp.stream", "-e", "tcp.seq", "-e", "tcp.payload",
      ], within: .seconds(60))
    var streams: [Int: [(sequence: Int, bytes: [UInt8])]] = [:]
    for line in table.split(separator: "\n") {
      let columns = line.split(separator: "\t")
      guard columns.count == 3, let stream = Int(columns[0]), let sequence = Int(columns[1]) else {
        continue
      }
      streams[stream, default: []].append((sequence, bytes(ofHex: columns[2])))
    }
    var record = WireRecord()
    for stream in streams.keys.sorted() {
      var assembler = RecordAssembler(recordLimitBytes: 4 << 20)
      var next = 1
      for segment in (streams[stream] ?? []).sorted(by: { $0.sequence < $1.sequence }) {
        // A segment that was sent again.
        guard segment.sequence + segment.bytes.count > next else { continue }
        guard segment.sequence <= next else { break }
        assembler.append(ByteBuffer(bytes: segment.bytes.dropFirst(next - segment.sequence)))
        next = segment.sequence + segment.bytes.count
        while let message = try assembler.next() { try record.add(message) }
      }
    }
    return record
  }

  private static func bytes(ofHex text: Substring) -> [UInt8] {
    let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
    return stride(from: 0, to: digits.count - 1, by: 2).map {
      UInt8(digits[$0] * 16 + digits[$0 + 1])
    }
  }

  private mutating func add(_ message: ByteBuffer) throws {
    guard case .call(let call) = try RPCMessage(record: message),
      call.proc == NFS4.PROC_COMPOUND
    else { return }
    var decoder = XDRDecoder(call.arguments)
    let header = try CompoundArguments(from: &decoder)
    minorversion = header.minorversion
    var handle: NfsFh4?
    for _ in 0..<header.operationCount {
      switch NfsOpnum4(rawValue: try decoder.uint32()) {
      case .OP_EXCHANGE_ID: owner = try EXCHANGE_ID4args(from: &decoder).clientowner
      case .OP_CREATE_SESSION:
        createSequence = try CREATE_SESSION4args(from: &decoder).sequence
      case .OP_SEQUENCE: _ = try SEQUENCE4args(from: &decoder)
      case .OP_PUTFH: handle = try PUTFH4args(from: &decoder).object
      case .OP_READ:
        let arguments = try READ4args(from: &decoder)
        if let handle {
          reads.append(
            Read(handle: handle, arguments: arguments, principal: try RPCPrincipal(call.cred)))
        }
      default: return
      }
    }
  }
}
