public import NFSv4
import NIOCore
import XDR

/// Names, opens and closes.
extension PnfsClient {
  /// The filehandle of a directory, found name by name from the root and remembered.
  /// - Parameter path: names from the root; empty for the root itself.
  public func directory(_ path: [Component4]) async throws -> NfsFh4 {
    if let known = state.withLock({ $0.directories[path] }) { return known }
    let handle: NfsFh4
    if let name = path.last {
      let parent = try await directory(Array(path.dropLast()))
      handle = try await mds.call(as: identity.user) { builder in
        builder.append(PUTFH.self, PUTFH4args(object: parent))
        builder.append(LOOKUP.self, LOOKUP4args(objname: name))
        builder.append(GETFH.self, Void4())
        builder.append(GETATTR.self, GETATTR4args(attrRequest: Self.revalidated))
      } read: { results throws(CompoundError) in
        _ = try results.next(PUTFH.self)
        _ = try results.next(LOOKUP.self)
        let handle = try results.next(GETFH.self).object.detached()
        _ = try results.attributes()
        return handle
      }
    } else {
      handle = try await mds.call(as: identity.user) { builder in
        builder.append(PUTROOTFH.self, Void4())
        builder.append(GETFH.self, Void4())
      } read: { results throws(CompoundError) in
        _ = try results.next(PUTROOTFH.self)
        return try results.next(GETFH.self).object.detached()
      }
    }
    state.withLock { state in
      if state.directories.count >= Self.directoryLimit { state.directories = [:] }
      state.directories[path] = handle
    }
    return handle
  }

  /// What a stock client asks for with every LOOKUP and OPEN.
  static let revalidated = Bitmap4(attributes: [
    FATTR4.TYPE, FATTR4.CHANGE, FATTR4.SIZE, FATTR4.FSID, FATTR4.FILEID, FATTR4.MODE,
    FATTR4.NUMLINKS, FATTR4.OWNER, FATTR4.OWNER_GROUP, FATTR4.SPACE_USED, FATTR4.TIME_ACCESS,
    FATTR4.TIME_METADATA, FATTR4.TIME_MODIFY, FATTR4.MOUNTED_ON_FILEID,
  ])

  /// LAYOUTGET of the whole file for reading.
  static func layoutget(_ stateid: Stateid4) -> LAYOUTGET4args {
    LAYOUTGET4args(
      signalLayoutAvail: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_READ,
      offset: 0, length: NFS4.UINT64_MAX, minlength: 4096, stateid: stateid, maxcount: 4096)
  }

  /// Opens a file for reading: SEQUENCE PUTFH OPEN GETFH ACCESS GETATTR LAYOUTGET.
  /// - Parameters:
  ///   - name: in `directory`.
  ///   - wantsLayout: LAYOUTGET goes with it.
  public func open(
    _ name: Component4, in directory: NfsFh4, wantsLayout: Bool = true
  ) async throws -> OpenFile {
    let owner = StateOwner4(clientid: 0, owner: Array("open id:user".utf8))
    return try await mds.call(as: identity.user) { builder in
      builder.append(PUTFH.self, PUTFH4args(object: directory))
      builder.append(
        OPEN.self,
        OPEN4args(
          seqid: 0, shareAccess: OPEN4.SHARE_ACCESS_READ, shareDeny: OPEN4.SHARE_DENY_NONE,
          owner: owner, openhow: .nocreate, claim: .null(name)))
      builder.append(GETFH.self, Void4())
      builder.append(ACCESS.self, ACCESS4args(access: [.READ, .MODIFY, .EXTEND, .EXECUTE]))
      builder.append(GETATTR.self, GETATTR4args(attrRequest: Self.revalidated))
      if wantsLayout { builder.append(LAYOUTGET.self, Self.layoutget(.current)) }
    } read: { [self] results throws(CompoundError) in
      _ = try results.next(PUTFH.self)
      let open = try results.next(OPEN.self)
      let handle = try results.next(GETFH.self).object.detached()
      _ = try results.next(ACCESS.self)
      let attributes = try results.attributes()
      var layout: LAYOUTGET4resok?
      if wantsLayout {
        do throws(CompoundError) {
          layout = try results.next(LAYOUTGET.self)
        } catch {
          // A refusal here is not final: the first READ asks again.
          guard case .status = error else { throw error }
        }
      }
      note(open.delegation, layout, of: handle)
      return OpenFile(handle: handle, size: attributes.size ?? 0, stateid: open.stateid)
    }
  }

  /// What came with an OPEN.
  private func note(
    _ delegation: OpenDelegation4, _ layout: LAYOUTGET4resok?, of file: NfsFh4
  ) {
    let now = NIODeadline.now()
    state.withLock { state in
      state.counters.opens += 1
      if case .read(let read) = delegation {
        state.delegations[file] = read.stateid
        state.counters.delegationsGranted += 1
      }
      if let layout {
        state.layouts.granted(file, layout, now: now)
      } else {
        state.counters.layoutsRefused += 1
      }
    }
  }

  /// CLOSE, with the LAYOUTRETURN that the server asked for. A delegation and a layout that is not
  /// to be returned are kept.
  public func close(_ file: OpenFile) async throws {
    let layout = state.withLock { state -> LayoutTable.Return? in
      guard state.delegations[file.handle] == nil,
        let layout = state.layouts.closed(file.handle)
      else { return nil }
      state.counters.layoutsReturned += 1
      return layout
    }
    try await mds.call(as: identity.user) { builder in
      builder.append(PUTFH.self, PUTFH4args(object: file.handle))
      if let layout { builder.append(LAYOUTRETURN.self, Self.layoutreturn(layout)) }
      builder.append(CLOSE.self, CLOSE4args(seqid: 0, openStateid: file.stateid))
    } read: { results throws(CompoundError) in
      _ = try results.next(PUTFH.self)
      if layout != nil { _ = try results.next(LAYOUTRETURN.self) }
      _ = try results.next(CLOSE.self)
    }
  }

  static func layoutreturn(_ layout: LayoutTable.Return) -> LAYOUTRETURN4args {
    LAYOUTRETURN4args(
      reclaim: false, layoutType: .NFSV4_1_FILES, iomode: .LAYOUTIOMODE4_READ,
      layoutreturn: .file(
        LayoutreturnFile4(
          offset: 0, length: NFS4.UINT64_MAX, stateid: layout.stateid, body: ByteBuffer())))
  }
}
