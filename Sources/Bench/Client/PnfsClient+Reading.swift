import NFSv4
import NIOCore
import XDR

/// One READ on its way through layout, device and data server, or the metadata server.
struct PendingRead: Sendable {
  var file: PnfsClient.OpenFile
  var offset: UInt64
  var count: UInt32
  /// No layout is asked for any more: it goes to the metadata server.
  var isForMetadataServer = false
  /// How often the metadata server put it off or refused the stateid.
  var retryCount = 0
  var completion: @Sendable (Result<PnfsClient.ReadReply, ClientError>) -> Void
}

/// READs, with all that a stock client does when a data server does not answer with data.
extension PnfsClient {
  /// Sends one READ: by the file's layout if there is one or one is granted now, else to the
  /// metadata server. Any thread.
  /// - Parameters:
  ///   - count: bytes; what crosses the end of a stripe unit or is more than the server takes is
  ///     cut.
  ///   - completion: called once, on an event loop. Fails only where the metadata server cannot
  ///     help.
  public func read(
    _ file: OpenFile, at offset: UInt64, count: UInt32,
    completion: @escaping @Sendable (Result<ReadReply, ClientError>) -> Void
  ) {
    attempt(PendingRead(file: file, offset: offset, count: count, completion: completion))
  }

  /// READs that wait for one layout, device or connection; more go to the metadata server.
  static let waitingLimit = 4096
  /// Data servers with a session; more are not used.
  static let serverLimit = 1024
  /// How often the metadata server is asked again.
  static let retryLimit = 600

  private func attempt(_ read: PendingRead) {
    let now = NIODeadline.now()
    let (next, back) = state.withLock { state -> (Next, LayoutTable.Return?) in
      guard !state.isClosed else { return (.closed, nil) }
      if read.isForMetadataServer { return (.metadataServer(state.stateid(of: read.file)), nil) }
      return state.next(for: read, now: now)
    }
    if let back { giveBack(back) }
    switch next {
    case .dataServer(let target): send(read, to: target)
    case .metadataServer(let stateid): sendToMetadataServer(read, stateid: stateid)
    case .askLayout(let stateid): askLayout(read.file, stateid: stateid)
    case .askDevice(let id): askDevice(id)
    case .connect(let server, let device): connect(server, of: device)
    case .wait: break
    case .closed: read.completion(.failure(.closed))
    }
  }

  /// What READs waited for is settled, one way or the other.
  private func wake(_ awaited: Awaited, isForMetadataServer: Bool = false) {
    let reads = state.withLock { $0.waiting.removeValue(forKey: awaited) ?? [] }
    for var read in reads {
      if isForMetadataServer { read.isForMetadataServer = true }
      attempt(read)
    }
  }

  // MARK: Getting there

  private func askLayout(_ file: OpenFile, stateid: Stateid4) {
    mds.submit(
      ClientSession.Request(credential: identity.user) { builder in
        builder.append(PUTFH.self, PUTFH4args(object: file.handle))
        builder.append(LAYOUTGET.self, Self.layoutget(stateid))
      } completion: { result in
        let outcome = Self.second(PUTFH.self, LAYOUTGET.self, of: result)
        let now = NIODeadline.now()
        let isGranted = self.state.withLock { state -> Bool in
          switch outcome {
          case .success(let resok): return state.layouts.granted(file.handle, resok, now: now)
          case .failure(let error):
            var status = Nfsstat4.NFS4ERR_BADLAYOUT
            if case .status(let known, operation: _) = error { status = known }
            state.layouts.refused(file.handle, status, now: now)
            state.counters.layoutsRefused += 1
            return false
          }
        }
        // Without a layout what waits goes to the metadata server, and only later READs ask again.
        self.wake(.layout(file.handle), isForMetadataServer: !isGranted)
      })
  }

  private func askDevice(_ id: Deviceid4) {
    mds.submit(
      ClientSession.Request(credential: identity.machine) { builder in
        builder.append(
          GETDEVICEINFO.self,
          GETDEVICEINFO4args(
            deviceId: id, layoutType: .NFSV4_1_FILES, maxcount: 1 << 20,
            notifyTypes: Bitmap4(0b110)))
      } completion: { result in
        let outcome = Self.first(GETDEVICEINFO.self, of: result)
        let now = NIODeadline.now()
        self.state.withLock { state in
          switch outcome {
          case .success(let resok): state.devices.told(id, resok, now: now)
          case .failure: state.devices.failed(id, now: now)
          }
        }
        self.wake(.device(id))
      })
  }

  private func connect(_ server: ServerAddress, of device: Deviceid4) {
    let session = ClientSession(
      ClientSession.Configuration(server: server, identity: identity, role: .data),
      group: group, logger: logger)
    Task {
      do {
        session.setLease(seconds: self.state.withLock { $0.leaseSeconds })
        try await session.start()
        let isWanted = self.state.withLock { state in
          guard !state.isClosed else { return false }
          state.servers[server] = .ready(session)
          state.counters.dataServerSessions += 1
          return true
        }
        if !isWanted { await session.close() }
      } catch {
        self.logger.debug(
          "data server cannot be used", metadata: ["server": "\(server)", "error": "\(error)"])
        let now = NIODeadline.now()
        self.state.withLock { state in
          state.servers[server] = nil
          state.devices.failed(device, now: now)
        }
      }
      self.wake(.server(server))
    }
  }

  private func giveBack(_ layout: LayoutTable.Return) {
    state.withLock { $0.counters.layoutsReturned += 1 }
    mds.submit(
      ClientSession.Request(credential: identity.user) { builder in
        builder.append(PUTFH.self, PUTFH4args(object: layout.file))
        builder.append(LAYOUTRETURN.self, Self.layoutreturn(layout))
      } completion: { _ in
        // One that the server has forgotten meanwhile is gone as well.
      })
  }

  // MARK: Data servers

  private func send(_ read: PendingRead, to target: DataServerRead) {
    target.session.submit(
      ClientSession.Request(credential: identity.user) { builder in
        builder.append(PUTFH.self, PUTFH4args(object: target.handle))
        builder.append(
          READ.self,
          READ4args(stateid: target.stateid, offset: read.offset, count: target.count))
      } completion: { result in
        self.settle(read, target, Self.second(PUTFH.self, READ.self, of: result))
      })
  }

  private func settle(
    _ read: PendingRead, _ target: DataServerRead, _ outcome: Result<READ4resok, ClientError>
  ) {
    let verdict: ReadVerdict =
      switch outcome {
      case .success: .done
      case .failure(let error): ReadVerdict(error)
      }
    let now = NIODeadline.now()
    let back = state.withLock { state -> LayoutTable.Return? in
      let file = read.file.handle
      let id = target.layout.id
      if case .failure(let error) = outcome { state.note(error) }
      let isWantedBack = state.layouts.finish(file, id: id)
      switch verdict {
      case .done:
        state.counters.dataServerReads += 1
        if case .success(let resok) = outcome {
          state.counters.dataServerBytes += resok.data.first?.readableBytes ?? 0
        }
      case .pause, .readElsewhere: break
      case .dropLayout: state.layouts.drop(file, id: id)
      case .deviceFailed:
        state.devices.failed(target.layout.deviceid, now: now)
        if !target.session.isUsable { state.servers[target.server] = nil }
        return isWantedBack ?? state.layouts.fail(file, id: id, now: now)
      }
      return isWantedBack
    }
    if let back { giveBack(back) }
    var read = read
    switch (verdict, outcome) {
    case (.done, .success(let resok)):
      let reply = ReadReply(
        data: resok.data.first ?? ByteBuffer(), isEOF: resok.eof, isFromDataServer: true)
      read.completion(.success(reply))
    case (.pause, _):
      let again = read
      group.any().scheduleTask(in: .seconds(15)) { self.attempt(again) }
    default:
      read.isForMetadataServer = true
      attempt(read)
    }
  }

  // MARK: The metadata server

  private func sendToMetadataServer(_ read: PendingRead, stateid: Stateid4) {
    let count = min(read.count, UInt32(clamping: mds.maxReadBytes))
    mds.submit(
      ClientSession.Request(credential: identity.user) { builder in
        builder.append(PUTFH.self, PUTFH4args(object: read.file.handle))
        builder.append(READ.self, READ4args(stateid: stateid, offset: read.offset, count: count))
      } completion: { result in
        switch Self.second(PUTFH.self, READ.self, of: result) {
        case .success(let resok):
          let data = resok.data.first ?? ByteBuffer()
          self.state.withLock { state in
            state.counters.metadataServerReads += 1
            state.counters.metadataServerBytes += data.readableBytes
          }
          read.completion(
            .success(ReadReply(data: data, isEOF: resok.eof, isFromDataServer: false)))
        case .failure(let error): self.refused(read, stateid, error)
        }
      })
  }

  private func refused(_ read: PendingRead, _ stateid: Stateid4, _ error: ClientError) {
    guard case .status(let status, operation: _) = error, read.retryCount < Self.retryLimit else {
      return read.completion(.failure(error))
    }
    var read = read
    read.retryCount += 1
    switch status {
    case .NFS4ERR_DELAY, .NFS4ERR_GRACE:
      let again = read
      group.any().scheduleTask(in: .milliseconds(100)) { self.attempt(again) }
    case .NFS4ERR_BAD_STATEID, .NFS4ERR_DELEG_REVOKED, .NFS4ERR_ADMIN_REVOKED, .NFS4ERR_EXPIRED,
      .NFS4ERR_OLD_STATEID:
      // A delegation was recalled or revoked meanwhile; the open is still there.
      let open = Stateid4(seqid: 0, other: read.file.stateid.other)
      guard stateid != open else { return read.completion(.failure(error)) }
      state.withLock { state in
        if state.delegations[read.file.handle]?.other == stateid.other {
          state.delegations[read.file.handle] = nil
        }
      }
      attempt(read)
    default: read.completion(.failure(error))
    }
  }

  // MARK: Results

  private static func first<Op: NfsOperation>(
    _ operation: Op.Type, of result: Result<CompoundResults, ClientError>
  ) -> Result<Op.Resok, ClientError> {
    result.flatMap { results in
      var results = results
      do throws(CompoundError) {
        return .success(try results.next(operation))
      } catch {
        return .failure(ClientError(error))
      }
    }
  }

  private static func second<First: NfsOperation, Op: NfsOperation>(
    _ before: First.Type, _ operation: Op.Type, of result: Result<CompoundResults, ClientError>
  ) -> Result<Op.Resok, ClientError> {
    result.flatMap { results in
      var results = results
      do throws(CompoundError) {
        _ = try results.next(before)
        return .success(try results.next(operation))
      } catch {
        return .failure(ClientError(error))
      }
    }
  }
}
