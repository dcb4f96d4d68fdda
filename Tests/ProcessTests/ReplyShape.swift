import NFSv4
import NIOCore
import ONCRPC
import XDR

/// What every reply has to look like, whatever was asked.
enum ReplyShape {
  private typealias Reader = (Nfsstat4, inout XDRDecoder) throws(XDRError) -> Void

  /// Reads a COMPOUND's results to their last byte.
  /// - Returns: the SEQUENCE result, if there is one.
  @discardableResult
  static func check(_ results: ByteBuffer) throws -> SEQUENCE4resok? {
    var decoder = XDRDecoder(results)
    let status = try Nfsstat4(from: &decoder)
    _ = try decoder.opaque(limit: NFS4.tagLimitBytes)
    let count = try decoder.count(limit: NFS4.compoundOperationLimit, elementBytes: 8)
    var last = Nfsstat4.NFS4_OK
    var sequence: SEQUENCE4resok?
    for index in 0..<count {
      guard last == .NFS4_OK else { throw ProcessTestError("a result after a failure") }
      let number = try decoder.uint32()
      last = try Nfsstat4(from: &decoder)
      if number == NfsOpnum4.OP_SEQUENCE.rawValue, last == .NFS4_OK {
        var copy = decoder
        let resok = try SEQUENCE4resok(from: &copy)
        if index == 0 { sequence = resok }
      }
      if number == NfsOpnum4.OP_ILLEGAL.rawValue {
        // Or there is no number at all where the count says that there is one.
        guard last == .NFS4ERR_OP_ILLEGAL || last == .NFS4ERR_BADXDR else {
          throw ProcessTestError("ILLEGAL with \(last)")
        }
      } else if let read = readers[number] {
        try read(last, &decoder)
      } else if last == .NFS4_OK {
        throw ProcessTestError("operation \(number) succeeded")
      }
    }
    // Refusals of the whole COMPOUND have no result (RFC 8881 §16.2.3).
    guard count == 0 || last == status else {
      throw ProcessTestError("status \(status), last result \(last)")
    }
    try decoder.finish()
    return sequence
  }

  private static func reader<Op: NfsOperation>(_ operation: Op.Type) -> (UInt32, Reader) {
    (
      Op.opnum.rawValue,
      { status, decoder throws(XDRError) in
        if status == .NFS4_OK {
          _ = try Op.Resok(from: &decoder)
        } else {
          try Op.skipRefusal(status, from: &decoder)
        }
      }
    )
  }

  /// Everything that a server or data server may answer with more than a status.
  private nonisolated(unsafe) static let readers: [UInt32: Reader] = Dictionary(
    uniqueKeysWithValues: [
      reader(ACCESS.self), reader(ALLOCATE.self), reader(BACKCHANNEL_CTL.self),
      reader(BIND_CONN_TO_SESSION.self), reader(CLONE.self), reader(CLOSE.self),
      reader(COMMIT.self), reader(COPY.self), reader(CREATE.self), reader(CREATE_SESSION.self),
      reader(DEALLOCATE.self), reader(DELEGRETURN.self), reader(DESTROY_CLIENTID.self),
      reader(DESTROY_SESSION.self), reader(EXCHANGE_ID.self), reader(FREE_STATEID.self),
      reader(GETATTR.self), reader(GETDEVICEINFO.self), reader(GETFH.self), reader(GETXATTR.self),
      reader(IO_ADVISE.self), reader(LAYOUTERROR.self), reader(LAYOUTGET.self),
      reader(LAYOUTRETURN.self), reader(LAYOUTSTATS.self), reader(LINK.self),
      reader(LISTXATTRS.self), reader(LOCK.self), reader(LOCKT.self), reader(LOCKU.self),
      reader(LOOKUP.self), reader(LOOKUPP.self), reader(NVERIFY.self), reader(OFFLOAD_CANCEL.self),
      reader(OFFLOAD_STATUS.self), reader(OPEN.self), reader(OPEN_DOWNGRADE.self),
      reader(PROXY_OPEN.self), reader(PUTFH.self), reader(PUTPUBFH.self), reader(PUTROOTFH.self),
      reader(READ.self), reader(READDIR.self), reader(READLINK.self), reader(READ_PLUS.self),
      reader(RECLAIM_COMPLETE.self), reader(REGISTER_DS.self), reader(REMOVE.self),
      reader(REMOVEXATTR.self), reader(RENAME.self), reader(RESTOREFH.self), reader(SAVEFH.self),
      reader(SECINFO.self), reader(SECINFO_NO_NAME.self), reader(SEEK.self), reader(SEQUENCE.self),
      reader(SETATTR.self), reader(SETCLIENTID.self), reader(SETXATTR.self),
      reader(TEST_STATEID.self), reader(UNREGISTER_DS.self), reader(VERIFY.self),
      reader(WANT_DELEGATION.self), reader(WRITE.self),
    ])
}
