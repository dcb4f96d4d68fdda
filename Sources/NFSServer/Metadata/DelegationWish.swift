import NFSv4

/// What a client says of the delegation it would like with an OPEN or by WANT_DELEGATION, and what
/// it gets (RFC 8881 §18.16.3, §18.49.3).
struct DelegationWish {
  /// One of OPEN4_SHARE_ACCESS_WANT_*.
  private let want: UInt32
  /// It is all that is asked for.
  private let isRequired: Bool
  /// It can be asked to give it back, and the claim allows one.
  var mayHave = true
  /// It has, or is to have, the file open for writing.
  var isWriter = false
  /// Writers that do not say what they want get one for writing.
  var isUnaskedWriter = false

  init(_ wants: UInt32, isRequired: Bool) {
    want = wants & OPEN4.SHARE_ACCESS_WANT_DELEG_MASK
    self.isRequired = isRequired
  }

  /// The delegation, or why there is none: said only to those who said what they want.
  func granted<OpenFile>(
    on file: NfsFh4, version: ContentVersion, to clientid: Clientid4,
    _ state: inout MetadataState<OpenFile>
  ) -> OpenDelegation4 {
    switch want {
    case OPEN4.SHARE_ACCESS_WANT_NO_DELEG: return .noneExt(.notWanted)
    // Nobody is told later, so there is nothing to be cancelled.
    case OPEN4.SHARE_ACCESS_WANT_CANCEL: return .noneExt(.cancelled)
    default: break
    }
    let isExplained = want != OPEN4.SHARE_ACCESS_WANT_NO_PREFERENCE
    guard mayHave else { return refusal(.resource(serverWillSignalAvail: false), isExplained) }
    guard !state.hasDelegation(file, clientid: clientid) else {
      let isUpgrade = want == OPEN4.SHARE_ACCESS_WANT_WRITE_DELEG
      return refusal(
        isUpgrade ? .notSuppUpgrade : .resource(serverWillSignalAvail: false), isExplained)
    }
    if wantsWriting,
      let held = state.delegateWriting(
        file, change: version.change, to: clientid, isOpening: !isRequired)
    {
      return .write(
        OpenWriteDelegation4(
          stateid: held.stateid, recall: false, spaceLimit: .filesize(NFS4.UINT64_MAX),
          permissions: .everybody))
    }
    if wantsReading, version.isSettled,
      let held = state.delegate(file, change: version.change, to: clientid)
    {
      return .read(
        OpenReadDelegation4(stateid: held.stateid, recall: false, permissions: .everybody))
    }
    let isContended = state.isClosedToReaders(file) || !wantsReading
    return refusal(
      isContended
        ? .contention(serverWillPushDeleg: false) : .resource(serverWillSignalAvail: false),
      isExplained)
  }

  private var wantsWriting: Bool {
    switch want {
    case OPEN4.SHARE_ACCESS_WANT_WRITE_DELEG, OPEN4.SHARE_ACCESS_WANT_ANY_DELEG: isWriter
    case OPEN4.SHARE_ACCESS_WANT_NO_PREFERENCE: isWriter && isUnaskedWriter
    default: false
    }
  }

  private var wantsReading: Bool { want != OPEN4.SHARE_ACCESS_WANT_WRITE_DELEG }

  private func refusal(_ why: OpenNoneDelegation4, _ isExplained: Bool) -> OpenDelegation4 {
    isExplained ? .noneExt(why) : .none
  }
}

extension Nfsace4 {
  /// The server checks rights with every OPEN that it is asked for.
  fileprivate static let everybody = Nfsace4(
    type: ACE4.ACCESS_ALLOWED_ACE_TYPE, flag: 0, accessMask: 0, who: Array("EVERYONE@".utf8))
}
