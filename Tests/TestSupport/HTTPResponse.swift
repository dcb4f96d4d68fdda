import Foundation
import Glibc

/// One answer of an HTTP server, read from a plain socket.
struct HTTPResponse {
  var status: Int
  var body: [UInt8]

  /// Most bytes that are read.
  static let limit = 64 << 20

  /// Asks for a path, blocking; the server closes the connection.
  /// - Throws: ``LabError`` if the answer is no HTTP or longer than ``limit``.
  static func get(_ path: String, host: String, over descriptor: Int32) throws -> HTTPResponse {
    let request = Array(
      "GET \(path) HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n".utf8)
    guard send(descriptor, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else {
      throw LabError("GET \(path): cannot be sent")
    }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { break }
      bytes += buffer[..<count]
      guard bytes.count <= limit else { throw LabError("GET \(path): endless answer") }
      if let done = HTTPResponse(bytes, complete: false) { return done }
    }
    guard let response = HTTPResponse(bytes, complete: true) else {
      throw LabError("GET \(path): \(bytes.count) bytes that are no HTTP answer")
    }
    return response
  }

  /// Parses an answer.
  /// - Parameter complete: whether the connection has ended, so that a body without a length is
  ///   whole.
  /// - Returns: nil if it is not whole or not HTTP.
  init?(_ bytes: [UInt8], complete: Bool) {
    let blank = Array("\r\n\r\n".utf8)
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: blank) }) else {
      return nil
    }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ")
    guard first.count >= 2, first[0].hasPrefix("HTTP/"), let status = Int(first[1]) else {
      return nil
    }
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      if parts.count == 2 {
        headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
      }
    }
    let rest = Array(bytes[(end + 4)...])
    self.status = status
    if headers["transfer-encoding"]?.lowercased() == "chunked" {
      guard let body = HTTPResponse.joinChunks(rest) else { return nil }
      self.body = body
    } else if let length = headers["content-length"].flatMap({ Int($0) }) {
      guard length >= 0, rest.count >= length else { return nil }
      body = Array(rest[..<length])
    } else {
      guard complete else { return nil }
      body = rest
    }
  }

  private static func joinChunks(_ bytes: [UInt8]) -> [UInt8]? {
    var body: [UInt8] = []
    var position = 0
    while let end = bytes[position...].firstIndex(of: UInt8(ascii: "\n")) {
      let line = String(decoding: bytes[position..<end], as: UTF8.self)
      let digits = line.prefix { $0.isHexDigit }
      guard let length = Int(digits, radix: 16), length <= bytes.count else { return nil }
      if length == 0 { return body }
      let start = end + 1
      guard start + length + 2 <= bytes.count else { return nil }
      body += bytes[start..<start + length]
      position = start + length + 2
    }
    return nil
  }
}
