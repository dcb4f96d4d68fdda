public import NFSv4
import NIOCore

/// The 8 bytes in front of the filehandles in layouts (RFC 8881 §13.1): which instance of which
/// metadata server made them, and in which epoch of its registrations.
///
///     struct cookie { uint32_t instance; uint32_t epoch; };
///
/// One filehandle of a layout serves every data server of its device, so nothing in the cookie
/// names a data server. One that sees another cookie than its registration's answers
/// NFS4ERR_STALE, and the client asks the metadata server again.
public struct RoutingCookie: Hashable, Sendable {
  public static let byteCount = 8

  public let value: UInt64

  public init(instance: UInt32, epoch: UInt32) { value = UInt64(instance) << 32 | UInt64(epoch) }

  /// Which start of the metadata server.
  public var instance: UInt32 { UInt32(truncatingIfNeeded: value >> 32) }

  /// The handle that data servers get.
  public func routed(_ handle: NfsFh4) -> NfsFh4 {
    var bytes = ByteBufferAllocator().buffer(
      capacity: Self.byteCount + handle.bytes.readableBytes)
    bytes.writeInteger(value)
    bytes.writeImmutableBuffer(handle.bytes)
    return NfsFh4(bytes)
  }

  /// The metadata server's own handle behind the cookie.
  /// - Throws: NFS4ERR_BADHANDLE when there is none, NFS4ERR_STALE for another cookie.
  public func handle(routed: NfsFh4) throws(Nfsstat4) -> NfsFh4 {
    var bytes = routed.bytes
    guard let cookie = bytes.readInteger(as: UInt64.self), bytes.readableBytes > 0 else {
      throw .NFS4ERR_BADHANDLE
    }
    guard cookie == value else { throw .NFS4ERR_STALE }
    return NfsFh4(bytes)
  }
}
