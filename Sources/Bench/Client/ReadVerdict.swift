import NFSv4

/// What a stock client does about what a data server answers to a READ
/// (`filelayout_async_handle_error` of Linux 6.1 and 6.12).
enum ReadVerdict: Equatable, Sendable {
  /// The data are there.
  case done
  /// Waits, and asks the same data server again.
  case pause
  /// Forgets the layout without returning it; this READ goes to the metadata server, and the next
  /// one asks for another layout.
  case dropLayout
  /// The device is not used for a while, the layout is returned, and this file is read from the
  /// metadata server for as long.
  case deviceFailed
  /// This READ goes to the metadata server; the layout stays.
  case readElsewhere

  init(_ status: Nfsstat4) {
    switch status {
    case .NFS4_OK: self = .done
    case .NFS4ERR_DELAY, .NFS4ERR_GRACE: self = .pause
    case .NFS4ERR_ACCESS, .NFS4ERR_PNFS_NO_LAYOUT, .NFS4ERR_STALE, .NFS4ERR_BADHANDLE,
      .NFS4ERR_ISDIR, .NFS4ERR_FHEXPIRED, .NFS4ERR_WRONG_TYPE:
      self = .dropLayout
    case .NFS4ERR_IO: self = .deviceFailed
    default: self = .readElsewhere
    }
  }

  init(_ error: ClientError) {
    switch error {
    case .status(let status, operation: _): self.init(status)
    case .tooManyRequests: self = .readElsewhere
    default: self = .deviceFailed
    }
  }
}
