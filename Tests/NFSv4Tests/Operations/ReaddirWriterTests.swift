import NFSv4
import NIOCore
import Testing
import XDR

@Suite("ReaddirWriter")
struct ReaddirWriterTests {
  /// Bytes of an entry with a name of up to four bytes and its size: the flag, cookie and name
  /// (20), and the attributes (20).
  static let entryBytes = 40
  static let mask = Bitmap4(attributes: [FATTR4.SIZE])

  static var attributes: FileAttributes {
    var attributes = FileAttributes()
    attributes.size = 4096
    attributes.fileid = 1
    return attributes
  }

  /// Writes up to ten entries. Returns the result and what `finish` threw.
  static func list(
    dircount: UInt32 = 0, maxcount: UInt32, replyLimitBytes: Int = .max, entries: Int = 10
  ) throws -> (result: READDIR4resok?, bytes: Int, failure: Nfsstat4?) {
    var encoder = XDREncoder()
    encoder.uint32(0)
    var writer = ReaddirWriter(
      cookieverf: 9, dircount: dircount, maxcount: maxcount, replyLimitBytes: replyLimitBytes,
      to: &encoder)
    var written = 0
    for cookie in 0..<entries {
      let hasRoom = writer.append(
        cookie: UInt64(cookie) + 3, name: "f\(cookie)".utf8, attributes: attributes, mask: mask,
        to: &encoder)
      guard hasRoom else { break }
      written += 1
    }
    #expect(writer.entryCount == written)
    do {
      try writer.finish(eof: true, to: &encoder)
    } catch {
      let left = encoder.finishContiguous()
      #expect(left.readableBytes == 4)
      return (nil, 0, error)
    }
    var whole = encoder.finishContiguous()
    whole.moveReaderIndex(forwardBy: 4)
    return (try READDIR4resok(xdr: whole), whole.readableBytes, nil)
  }

  @Test("what is written is what READDIR4resok decodes")
  func roundTrip() throws {
    let listing = try Self.list(maxcount: 4096, entries: 2)
    #expect(
      listing.result
        == READDIR4resok(
          cookieverf: 9,
          entries: [
            Entry4(cookie: 3, name: Array("f0".utf8), attrs: WireSample.fattr),
            Entry4(cookie: 4, name: Array("f1".utf8), attrs: WireSample.fattr),
          ], eof: true))
  }

  @Test("an empty directory takes sixteen bytes")
  func empty() throws {
    #expect(try Self.list(maxcount: 16, entries: 0).result?.eof == true)
    #expect(try Self.list(maxcount: 15, entries: 0).failure == .NFS4ERR_TOOSMALL)
  }

  @Test("the result never exceeds maxcount, and uses it to the last byte", arguments: 56...140)
  func maxcount(bytes: Int) throws {
    let listing = try Self.list(maxcount: UInt32(bytes), entries: 2)
    #expect(listing.bytes <= bytes)
    #expect(listing.result?.entries.count == min(2, (bytes - 16) / Self.entryBytes))
  }

  @Test("an entry that was dropped is not the end of the directory")
  func dropped() throws {
    #expect(try Self.list(maxcount: 16 + 40 * 3, entries: 4).result?.eof == false)
    #expect(try Self.list(maxcount: 16 + 40 * 3, entries: 3).result?.eof == true)
  }

  @Test("no room for one entry is NFS4ERR_TOOSMALL, and nothing is left of the result")
  func tooSmall() throws {
    #expect(try Self.list(maxcount: 55).failure == .NFS4ERR_TOOSMALL)
    #expect(try Self.list(maxcount: 0).failure == .NFS4ERR_TOOSMALL)
    #expect(try Self.list(maxcount: 4096, replyLimitBytes: 55).failure == .NFS4ERR_TOOSMALL)
    #expect(try Self.list(maxcount: 4096, replyLimitBytes: -1).failure == .NFS4ERR_TOOSMALL)
  }

  @Test("dircount bounds names and cookies, of which the first may exceed it")
  func dircount() throws {
    for (dircount, count) in [(0, 10), (1, 1), (16, 1), (31, 1), (32, 2), (47, 2), (48, 3)] {
      let listing = try Self.list(dircount: UInt32(dircount), maxcount: 65536)
      #expect(listing.result?.entries.count == count, "dircount \(dircount)")
    }
  }

  @Test("nothing is written after an entry was dropped, even if it had room")
  func afterDrop() throws {
    var encoder = XDREncoder()
    var writer = ReaddirWriter(cookieverf: 9, dircount: 0, maxcount: 100, to: &encoder)
    let long = Array(repeating: UInt8(0x61), count: 60)
    for (name, hasRoom) in [(Array("a".utf8), true), (long, false), (Array("b".utf8), false)] {
      #expect(
        writer.append(
          cookie: 3, name: name, attributes: Self.attributes, mask: Self.mask, to: &encoder)
          == hasRoom)
    }
    try writer.finish(eof: true, to: &encoder)
    let result = try READDIR4resok(xdr: encoder.finishContiguous())
    #expect(result.entries.count == 1)
    #expect(!result.eof)
  }
}
