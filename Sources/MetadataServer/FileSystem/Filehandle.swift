import Crypto
import NFSv4
import NIOCore

/// What a filehandle says.
///
///     byte 0      version (1)
///     byte 1      kind: 0 pseudo directory, 1 kernel handle, 2 indexed
///     4 bytes     export id (0 for the pseudo file system)
///     4 bytes     mount id: 0, or which mount below the export
///     n bytes     kind 0: fileid; 1: handle type (4) and handle; 2: inode, birth time (8 + 8 + 4)
///     16 bytes    HMAC-SHA256 of all that, cut off
///
/// So it is at most 120 bytes, the same after every restart, equal for equal objects, and cannot
/// be made up or changed by anybody who does not know the key.
struct Filehandle: Hashable {
  enum Body: Hashable {
    case pseudo(fileid: UInt64)
    case kernel(type: Int32, bytes: [UInt8])
    case indexed(FileIdentity)
  }

  /// Bytes of a kernel handle that fit; objects with longer ones are indexed.
  static let kernelLimitBytes = 120 - 10 - 4 - macBytes
  private static let macBytes = 16
  private static let version: UInt8 = 1

  var exportID: UInt32
  var mountID: UInt32
  var body: Body

  /// The handle's bytes with their proof.
  func sealed(_ key: SymmetricKey) -> NfsFh4 {
    var buffer = ByteBuffer()
    buffer.reserveCapacity(64)
    let kind: UInt8 =
      switch body {
      case .pseudo: 0
      case .kernel: 1
      case .indexed: 2
      }
    buffer.writeMultipleIntegers(Self.version, kind, exportID, mountID)
    switch body {
    case .pseudo(let fileid): buffer.writeInteger(fileid)
    case .kernel(let type, let bytes):
      buffer.writeInteger(type)
      buffer.writeBytes(bytes)
    case .indexed(let identity):
      buffer.writeMultipleIntegers(
        identity.inode, identity.birthSeconds, identity.birthNanoseconds)
    }
    buffer.writeBytes(Self.mac(of: buffer, key))
    return NfsFh4(buffer)
  }

  /// Reads a handle that a client sent.
  /// - Throws: NFS4ERR_BADHANDLE for anything `sealed` did not make with this key.
  init(_ handle: NfsFh4, key: SymmetricKey) throws(Nfsstat4) {
    var buffer = handle.bytes
    let bodyBytes = buffer.readableBytes - 10 - Self.macBytes
    guard bodyBytes >= 0,
      let signed = buffer.getSlice(
        at: buffer.readerIndex, length: 10 + bodyBytes)
    else { throw .NFS4ERR_BADHANDLE }
    let proof = buffer.readableBytesView.suffix(Self.macBytes)
    var difference: UInt8 = 0
    for (ours, theirs) in zip(Self.mac(of: signed, key), proof) { difference |= ours ^ theirs }
    guard difference == 0,
      let (version, kind, exportID, mountID) = buffer.readMultipleIntegers(
        as: (UInt8, UInt8, UInt32, UInt32).self),
      version == Self.version
    else { throw .NFS4ERR_BADHANDLE }
    self.exportID = exportID
    self.mountID = mountID
    switch (kind, bodyBytes) {
    case (0, 8):
      body = .pseudo(fileid: buffer.readInteger() ?? 0)
    case (1, 5...):
      guard let type = buffer.readInteger(as: Int32.self),
        let bytes = buffer.readBytes(length: bodyBytes - 4)
      else { throw .NFS4ERR_BADHANDLE }
      body = .kernel(type: type, bytes: bytes)
    case (2, 20):
      guard
        let (inode, seconds, nanoseconds) = buffer.readMultipleIntegers(
          as: (UInt64, Int64, UInt32).self)
      else { throw .NFS4ERR_BADHANDLE }
      body = .indexed(
        FileIdentity(
          mountID: mountID, inode: inode, birthSeconds: seconds, birthNanoseconds: nanoseconds))
    default:
      throw .NFS4ERR_BADHANDLE
    }
  }

  private static func mac(of bytes: ByteBuffer, _ key: SymmetricKey) -> some Sequence<UInt8> {
    var hmac = HMAC<SHA256>(key: key)
    bytes.withUnsafeReadableBytes { hmac.update(data: $0) }
    return hmac.finalize().prefix(macBytes)
  }

  init(exportID: UInt32, mountID: UInt32, body: Body) {
    self.exportID = exportID
    self.mountID = mountID
    self.body = body
  }
}

/// What tells an object from all others of its export, also from a later one that got its inode.
struct FileIdentity: Hashable, Sendable {
  var mountID: UInt32
  var inode: UInt64
  /// When it was created; 0 on file systems that do not keep it: there a reused inode number is
  /// not noticed.
  var birthSeconds: Int64
  var birthNanoseconds: UInt32

  init(mountID: UInt32, inode: UInt64, birthSeconds: Int64, birthNanoseconds: UInt32) {
    self.mountID = mountID
    self.inode = inode
    self.birthSeconds = birthSeconds
    self.birthNanoseconds = birthNanoseconds
  }

  init(_ status: FileStatus, mountID: UInt32) {
    self.init(
      mountID: mountID, inode: status.ino, birthSeconds: status.btime.seconds,
      birthNanoseconds: status.btime.nanoseconds)
  }
}
