import BlockCache
import ClusterTransport
import Logging
import Membership
import NFSServer
import NFSv4
import NIOCore
import Placement
import XDR

/// Carrying out what the exchange decides.
extension BlockExchange {
  func carryOut(_ directives: [ExchangeDirective]) {
    guard !directives.isEmpty else { return }
    for directive in directives {
      switch directive {
      case .locate(let call, let home, let request): locate(call, at: home, request)
      case .take(let call, let member, let request): take(call, from: member, request)
      case .readOrigin(let call, let request): readOrigin(call, request)
      case .cancel(let key, let member): say(.CANCEL, key, to: member.rawValue)
      case .urge(let key, let member): say(.URGE, key, to: member.rawValue)
      case .chase(let key, let initiator, let member): chase(key, initiator, at: member)
      case .urgeOrigin(let key): say(.URGE, key, to: Self.originLink)
      case .askStatus(let call, let member): askStatus(call, of: member)
      case .answerLocate(let token, let answer): answerLocate(token, answer)
      case .send(let token, let key, _): threads.submit { _ in self.send(token, key) }
      case .refuse(let token, let refusal): refuse(token, refusal)
      case .fail(let key, let failure): fail(key, failure)
      case .accuse(let member): accuse(member)
      }
    }
    keepTicking()
  }

  // MARK: Questions

  private func locate(_ call: ExchangeCall, at home: MemberID, _ request: LocateRequest) {
    let arguments = LOCATE1args(
      file: request.file.wire, chunk: request.chunk.number, wanted: request.wanted,
      isDemand: request.isDemand, excluded: request.excluded.map(\.rawValue))
    links.call(home.rawValue, .LOCATE, arguments, timeout: Self.locateTimeout) { result in
      let answer: LocateAnswer? =
        switch Self.opened(result, LOCATE1res.self) {
        case .parent(let member, let milliseconds):
          .parent(MemberID(rawValue: member), expectedIn: .milliseconds(Int64(milliseconds)))
        case .nobody: .nobody
        case nil: nil
        }
      self.carryOut(
        self.change { exchange, random, now in
          exchange.located(call, answer, now: now, random: &random)
        })
    }
  }

  private func take(
    _ call: ExchangeCall, from member: MemberID, _ request: TakeRequest
  ) {
    var flags: TAKE1args.Flags = request.isDemand ? .DEMAND : []
    if request.isAssigned { flags.insert(.ASSIGNED) }
    let arguments = TAKE1args(file: request.file.wire, index: request.index, flags: flags)
    links.call(member.rawValue, .TAKE, arguments, timeout: Self.takeTimeout) { result in
      // Opening, unpacking and verifying take too long for an event loop.
      self.threads.submit { _ in
        let outcome = self.outcome(
          Self.opened(result, TAKE1res.self), request.file, request.index, from: .peer(member))
        self.carryOut(
          self.change { exchange, random, now in
            exchange.taken(call, outcome, now: now, random: &random)
          })
      }
    }
  }

  private func readOrigin(_ call: ExchangeCall, _ request: OriginRequest) {
    var flags: TAKE1args.Flags = request.isDemand ? .DEMAND : []
    if request.insists { flags.insert(.INSISTS) }
    let arguments = TAKE1args(
      file: request.file.wire, index: request.index, flags: flags,
      waiting: UInt32(clamping: request.waiting), excluded: request.excluded.map(\.rawValue))
    links.call(Self.originLink, .TAKE, arguments, timeout: Self.takeTimeout) { result in
      self.threads.submit { _ in
        let answer = Self.opened(result, TAKE1res.self)
        let outcome: OriginOutcome =
          switch answer {
          case .block:
            // The metadata server's own word: what does not verify was damaged on the way.
            self.outcome(answer, request.file, request.index, from: .origin) == .arrived
              ? .arrived : .failed
          case .elsewhere(let member): .elsewhere(MemberID(rawValue: member))
          case .busy: .busy
          case .gone: .gone
          case .missing, .refused: .refused
          case nil: .failed
          }
        if outcome == .gone { self.versionGone(request.file) }
        self.carryOut(
          self.change { exchange, random, now in
            exchange.originAnswered(call, outcome, now: now, random: &random)
          })
      }
    }
  }

  private func askStatus(_ call: ExchangeCall, of member: MemberID) {
    links.call(member.rawValue, .STATUS, Void4(), timeout: Self.locateTimeout) { result in
      let progress = Self.opened(result, STATUS1res.self)?.progress
      self.carryOut(
        self.change { exchange, random, now in
          exchange.statusAnswered(call, progress: progress, now: now, random: &random)
        })
    }
  }

  private func say(_ procedure: BlockProtocol.Procedure, _ key: BlockKey, to member: UInt64) {
    guard let file = state.withLock({ $0.files[key.version] }) else { return }
    links.call(
      member, procedure, CANCEL1args(file: file.wire, index: key.index),
      timeout: Self.locateTimeout
    ) { _ in }
  }

  private func chase(_ key: BlockKey, _ initiator: MemberID, at member: MemberID) {
    guard let file = state.withLock({ $0.files[key.version] }) else { return }
    links.call(
      member.rawValue, .CHASE,
      CHASE1args(file: file.wire, index: key.index, initiator: initiator.rawValue),
      timeout: Self.locateTimeout
    ) { _ in }
  }

  private func accuse(_ member: MemberID) {
    counters.accusations.wrappingAdd(1, ordering: .relaxed)
    logger.warning(
      """
      a peer sent bytes that are not the block's: it is not asked for a while, look at its disk \
      and memory
      """,
      metadata: ["member": "\(member)"])
    links.call(
      Self.originLink, .ACCUSE, ACCUSE1args(member: member.rawValue), timeout: .seconds(5)
    ) { _ in }
  }

  private static func opened<Answer: XDRCodable>(
    _ result: Result<SealedAnswer, LinkError>, _ type: Answer.Type
  ) -> Answer? {
    guard case .success(let sealed) = result, let body = sealed.opened() else { return nil }
    return try? Answer(xdr: body)
  }

  // MARK: Arrivals

  private enum Sender {
    case peer(MemberID)
    case origin

    var source: BlockSource {
      switch self {
      case .peer: .peer
      case .origin: .mds
      }
    }
  }

  /// Verifies a block and keeps it, or says what else came.
  private func outcome(
    _ answer: TAKE1res?, _ file: ExchangedFile, _ index: UInt32, from sender: Sender
  ) -> TakeOutcome {
    switch answer {
    case .block(let wire):
      let key = BlockKey(version: file.version, index: index)
      guard wire.index == index,
        let encoding = UInt8(exactly: wire.encoding).flatMap(BlockEncoding.init)
      else { return .wrong }
      let block = StoredBlock(
        encoding: encoding, plainBytes: Int(wire.plainBytes),
        digest: BlockCache.BlockDigest(high: wire.digest.high, low: wire.digest.low),
        // A copy: what is kept must not keep the whole answer it came in.
        bytes: ByteBuffer(bytes: wire.bytes.readableBytesView),
        seal: BlockSeal(wire.seal.readableBytesView))
      guard let verifier = state.withLock({ $0.verifier }) else { return .failed }
      guard block.plainBytes == file.plainBytes(of: index), verifier.accepts(block, as: key),
        let plain = try? block.unpacked()
      else {
        counters.fetchErrors.wrappingAdd(1, ordering: .relaxed)
        return .wrong
      }
      keep(block, plain, key, from: sender)
      return .arrived
    case .missing, .elsewhere, .gone, .refused: return .refused(.missing)
    case .busy: return .refused(.busy)
    case nil: return .failed
    }
  }

  private func keep(
    _ block: StoredBlock, _ plain: ByteBuffer, _ key: BlockKey, from sender: Sender
  ) {
    let byteCount = block.bytes.readableBytes
    switch sender {
    case .peer(let member):
      counters.takenBytes.wrappingAdd(byteCount, ordering: .relaxed)
      if state.withLock({ $0.exchange.isFar(member) }) {
        counters.farBytes.wrappingAdd(byteCount, ordering: .relaxed)
      }
    case .origin: counters.fetchedBytes.wrappingAdd(byteCount, ordering: .relaxed)
    }
    recent.withLock { $0.insert(block, for: key) }
    store.enqueue(block, for: key)
    let (completion, isNew) = state.withLock { state in
      let isNew = state.holdings.insert(key)
      return (state.waiting.removeValue(forKey: key), isNew)
    }
    if !isNew { counters.duplicateBytes.wrappingAdd(byteCount, ordering: .relaxed) }
    guard let completion else { return }
    memory.insert(plain, for: key)
    completion(.success(LoadedBlock(bytes: plain, source: sender.source)))
  }

  private func fail(_ key: BlockKey, _ failure: ExchangeFailure) {
    guard let completion = state.withLock({ $0.waiting.removeValue(forKey: key) }) else { return }
    switch failure {
    case .versionGone: completion(.failure(.versionGone))
    case .unavailable: completion(.failure(.unavailable))
    }
  }

  private func versionGone(_ file: ExchangedFile) {
    onVersionGone(
      BlockFile(
        handle: NfsFh4(ByteBuffer(bytes: file.handle)), change: file.version.change,
        size: file.size, blockBytes: file.blockBytes))
  }
}

extension StoredBlock {
  /// The block as it travels; without a seal nobody would believe it.
  func wire(index: UInt32) -> Block1 {
    var seal = ByteBuffer()
    if let own = self.seal {
      own.write(to: &seal)
    } else {
      seal.writeRepeatingByte(0, count: BlockSeal.byteCount)
    }
    return Block1(
      index: index, encoding: UInt32(encoding.rawValue), plainBytes: UInt32(clamping: plainBytes),
      digest: NFSv4.BlockDigest(high: digest.high, low: digest.low), seal: seal, bytes: bytes)
  }
}
