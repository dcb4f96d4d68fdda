import Glibc
import NIOCore
import ONCRPC
import XDR

/// A TCP connection on which a test says exactly what it wants, right or wrong. For one thread,
/// inside the namespace it connects from.
final class RawConnection {
  let descriptor: Int32
  private var received = ByteBuffer()

  /// - Parameters:
  ///   - receiveBytes: the receive buffer's size, if it matters.
  ///   - seconds: how long to wait for anything at most.
  init(to address: String, port: UInt16 = 2049, receiveBytes: Int32? = nil, seconds: Int = 20)
    throws
  {
    let closeOnExec: Int32 = 0o2000000
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | closeOnExec, 0)
    guard descriptor >= 0 else {
      throw ProcessTestError("no socket: \(String(cString: strerror(errno)))")
    }
    var limit = timeval(tv_sec: seconds, tv_usec: 0)
    let length = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, length)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, length)
    if var receiveBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBytes, 4)
    }
    var target = sockaddr_in()
    target.sin_family = sa_family_t(AF_INET)
    target.sin_port = port.bigEndian
    inet_pton(AF_INET, address, &target.sin_addr)
    let status = withUnsafePointer(to: &target) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else {
      throw ProcessTestError("connect to \(address): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  /// - Returns: whether the other side still takes bytes.
  @discardableResult
  func send(_ bytes: ByteBuffer) -> Bool {
    var rest = bytes
    while rest.readableBytes > 0 {
      let sent = rest.withUnsafeReadableBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest.moveReaderIndex(forwardBy: sent)
    }
    return true
  }

  /// Sends what fits without waiting.
  /// - Returns: how many bytes were taken.
  func sendWithoutWaiting(_ bytes: ByteBuffer) -> Int {
    bytes.withUnsafeReadableBytes {
      Glibc.send(
        descriptor, $0.baseAddress, $0.count,
        Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }

  /// Sends one record of one fragment.
  @discardableResult
  func sendRecord(_ record: ByteBuffer) -> Bool { send(Self.marked(record)) }

  static func marked(_ record: ByteBuffer) -> ByteBuffer {
    var bytes = ByteBuffer(integer: recordMark(recordBytes: record.readableBytes))
    bytes.writeImmutableBuffer(record)
    return bytes
  }

  /// The next record, or nil when the other side closed the connection.
  /// - Throws: when nothing comes for too long, or what comes is no record of one fragment.
  func receiveRecord() throws -> ByteBuffer? {
    while true {
      if let mark = received.getInteger(at: received.readerIndex, as: UInt32.self) {
        let length = Int(mark & 0x7fff_ffff)
        guard mark & 0x8000_0000 != 0, length <= 4 << 20, length & 3 == 0 else {
          throw ProcessTestError("a record mark of \(mark)")
        }
        if received.readableBytes >= 4 + length {
          received.moveReaderIndex(forwardBy: 4)
          let record = received.readSlice(length: length)
          received.discardReadBytes()
          return record
        }
      }
      guard try receiveMore() else { return nil }
    }
  }

  private func receiveMore() throws -> Bool {
    var result = 0
    received.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 << 16) { room in
      result = recv(descriptor, room.baseAddress, room.count, 0)
      return max(0, result)
    }
    if result > 0 { return true }
    if result == 0 || errno == ECONNRESET || errno == EPIPE { return false }
    throw ProcessTestError("no answer: \(String(cString: strerror(errno)))")
  }

  /// Whether the other side has closed the connection, after anything it still sent.
  func isClosedByOtherSide() throws -> Bool {
    while let _ = try receiveRecord() {}
    return true
  }

  /// Ends what this side sends.
  func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Sends a call and takes its reply; callbacks that come meanwhile are left unanswered.
  func call(_ call: RPCCall) throws -> RPCReply {
    guard sendRecord(call.record) else { throw ProcessTestError("the connection is closed") }
    while let record = try receiveRecord() {
      guard case .reply(let reply) = try RPCMessage(record: record) else { continue }
      guard reply.xid == call.xid else { throw ProcessTestError("a reply to \(reply.xid)") }
      return reply
    }
    throw ProcessTestError("closed instead of a reply")
  }
}

extension RPCCall {
  /// The whole message.
  var record: ByteBuffer {
    var encoder = XDREncoder()
    encode(to: &encoder)
    return encoder.finishContiguous()
  }
}
