public import XDR

/// One NFS operation: its number, arguments and results.
///
/// A result is a status and, for `NFS4_OK`, `Resok`. Some operations have something to say with
/// another status too; it is written by `encodeRefusal` and read by `skipRefusal`.
public protocol NfsOperation {
  associatedtype Arguments: XDRCodable & Sendable
  associatedtype Resok: XDRCodable & Sendable

  static var opnum: NfsOpnum4 { get }

  /// Writes what follows a status other than `NFS4_OK`. Nothing, for most.
  static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder)

  /// Reads what `encodeRefusal` writes.
  static func skipRefusal(_ status: Nfsstat4, from decoder: inout XDRDecoder) throws(XDRError)
}

extension NfsOperation {
  public static func encodeRefusal(_ status: Nfsstat4, to encoder: inout XDREncoder) {}
  public static func skipRefusal(
    _ status: Nfsstat4, from decoder: inout XDRDecoder
  ) throws(XDRError) {}
}

/// One callback operation, as `NfsOperation` is one of the fore channel.
public protocol NfsCbOperation {
  associatedtype Arguments: XDRCodable & Sendable
  associatedtype Resok: XDRCodable & Sendable

  static var opnum: NfsCbOpnum4 { get }
}
