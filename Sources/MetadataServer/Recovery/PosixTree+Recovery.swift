import Crypto
import NFSServer
import NFSv4

extension PosixTree {
  /// What the server calls itself in EXCHANGE_ID, as owner and in its scope: the same after a
  /// restart, so that clients know that handles and what they hold are still of this server and
  /// reclaim it (RFC 8881 §2.10.4, §2.10.5). It goes with the handles' key: without that nothing
  /// is as it was.
  var serverName: [UInt8] {
    let derived = HKDF<SHA256>.deriveKey(
      inputKeyMaterial: key, info: Array("p2pnfs server name, 1".utf8), outputByteCount: 16)
    return derived.withUnsafeBytes { Array($0) }
  }

  /// The change attribute of whatever changed a second ago: a change of now has a later one, also
  /// where the kernel's clock is coarse.
  var settledChange: Changeid4 {
    let now = options.now()
    let seconds = max(0, now.seconds - 1)
    return UInt64(seconds) << 30 | UInt64(now.nanoseconds & 0x3fff_ffff)
  }
}
