import BlockCache
import ClusterTransport
import Contents
import Membership
import NFSv4
import NIOCore
import Placement
import Transport
import XDR

/// Answering other members.
extension BlockExchange: MemberCallHandler {
  func received(_ call: MemberCall) {
    switch call.procedure {
    case .LOCATE: locateAsked(call)
    case .TAKE: takeAsked(call)
    case .CANCEL, .URGE: changed(call)
    case .CHASE: chased(call)
    case .STATUS:
      call.answer(STATUS1res(progress: state.withLock { $0.exchange.progress }))
    case .SYNC: syncAsked(call)
    case .NULL, .CHALLENGE, .PROVE, .ACCUSE: call.refuse()
    }
  }

  /// A member's connection is gone: what it asked for on it cannot be answered.
  func closed(_ connection: RPCConnection) {
    let directives = state.withLock { state -> [ExchangeDirective] in
      let tokens = state.calls.filter { $0.value.connection.id == connection.id }.map(\.key)
      for token in tokens { state.calls[token] = nil }
      return state.exchange.abandoned(tokens, now: MonotonicClock.now())
    }
    carryOut(directives)
  }

  private func locateAsked(_ call: MemberCall) {
    guard let arguments = try? LOCATE1args(xdr: call.body),
      let file = ExchangedFile(arguments.file)
    else { return call.refuse() }
    let chunk = Chunk(version: file.version, number: arguments.chunk)
    let wanted = arguments.wanted & chunk.allBits
    guard wanted != 0 else { return call.answer(LOCATE1res.nobody) }
    let request = LocateRequest(
      file: file, chunk: chunk, wanted: wanted, isDemand: arguments.isDemand,
      excluded: arguments.excluded.map { MemberID(rawValue: $0) })
    let directives = state.withLock { state in
      var held: UInt32 = 0
      for (place, index) in chunk.indices.enumerated()
      where state.holdings.contains(BlockKey(version: chunk.version, index: index)) {
        held |= 1 << UInt32(place)
      }
      state.note(file)
      return state.exchange.locateAsked(
        state.token(for: call), by: MemberID(rawValue: call.member), request, held: held,
        now: MonotonicClock.now(), random: &state.random)
    }
    carryOut(directives)
  }

  func answerLocate(_ token: ExchangeToken, _ answer: LocateAnswer) {
    guard let call = state.withLock({ $0.calls.removeValue(forKey: token) }) else { return }
    switch answer {
    case .parent(let member, let expectedIn):
      call.answer(
        LOCATE1res.parent(
          member: member.rawValue,
          expectedMilliseconds: UInt32(clamping: Int(expectedIn / .milliseconds(1)))))
    case .nobody: call.answer(LOCATE1res.nobody)
    }
  }

  private func takeAsked(_ call: MemberCall) {
    guard let arguments = try? TAKE1args(xdr: call.body),
      let file = ExchangedFile(arguments.file)
    else { return call.refuse() }
    let request = TakeRequest(
      file: file, index: arguments.index, isDemand: arguments.flags.contains(.DEMAND),
      isAssigned: arguments.flags.contains(.ASSIGNED))
    let directives = state.withLock { state in
      // About as many as it has when it is packed; what it is exactly is known when it is sent.
      let bytes = state.holdings.contains(request.key) ? file.plainBytes(of: request.index) : nil
      state.note(file)
      return state.exchange.takeAsked(
        state.token(for: call), by: MemberID(rawValue: call.member), request, bytes: bytes,
        now: MonotonicClock.now(), random: &state.random)
    }
    carryOut(directives)
  }

  /// A block is not wanted any more, or is wanted now.
  private func changed(_ call: MemberCall) {
    guard let arguments = try? CANCEL1args(xdr: call.body),
      let file = ExchangedFile(arguments.file)
    else { return call.refuse() }
    let key = BlockKey(version: file.version, index: arguments.index)
    let member = MemberID(rawValue: call.member)
    let directives = change { exchange, _, now in
      call.procedure == .URGE
        ? exchange.urgeAsked(by: member, key, now: now) : exchange.cancelAsked(by: member, key)
    }
    carryOut(directives)
    call.answer([])
  }

  private func chased(_ call: MemberCall) {
    guard let arguments = try? CHASE1args(xdr: call.body),
      let file = ExchangedFile(arguments.file)
    else { return call.refuse() }
    let key = BlockKey(version: file.version, index: arguments.index)
    let initiator = MemberID(rawValue: arguments.initiator)
    carryOut(change { exchange, _, now in exchange.chased(key, initiator, now: now) })
    call.answer([])
  }

  private func syncAsked(_ call: MemberCall) {
    guard let arguments = try? SYNC1(xdr: call.body),
      let request = try? AntiEntropyRequest(
        decoding: Array(arguments.message.readableBytesView))
    else { return call.refuse() }
    let response = state.withLock { $0.holdings.answer(request) }
    call.answer(SYNC1(message: ByteBuffer(bytes: response.encoded)))
  }

  // MARK: Blocks

  /// Sends a block that is held. On a thread that may block.
  func send(_ token: ExchangeToken, _ key: BlockKey) {
    guard let call = state.withLock({ $0.calls.removeValue(forKey: token) }) else {
      return sent(token)
    }
    guard let block = held(key) else {
      // It went since it was counted among what is held.
      state.withLock { _ = $0.holdings.remove(key) }
      call.answer(TAKE1res.missing)
      return sent(token)
    }
    let promise = call.connection.eventLoop.makePromise(of: Void.self)
    promise.futureResult.whenComplete { _ in self.sent(token) }
    counters.sentBytes.wrappingAdd(block.bytes.readableBytes, ordering: .relaxed)
    call.answer(TAKE1res.block(block.wire(index: key.index)), promise: promise)
  }

  /// A block that arrived lately, as it is stored.
  func recentBlock(_ key: BlockKey) -> StoredBlock? { recent.withLock { $0[key] } }

  /// A block as it is stored, from RAM or from disk.
  private func held(_ key: BlockKey) -> StoredBlock? {
    if let block = recentBlock(key) { return block }
    guard let block = store.read(key), block.seal != nil else { return nil }
    return block
  }

  /// A block's plain bytes, from RAM or from disk. On a thread that may block.
  func unpackedHeld(_ key: BlockKey) -> ByteBuffer? {
    let block = recentBlock(key) ?? store.read(key)
    return block.flatMap { try? $0.unpacked() }
  }

  private func sent(_ token: ExchangeToken) {
    carryOut(change { exchange, _, now in exchange.sent(token, now: now) })
  }

  func refuse(_ token: ExchangeToken, _ refusal: TakeRefusal) {
    guard let call = state.withLock({ $0.calls.removeValue(forKey: token) }) else { return }
    call.answer(refusal == .busy ? TAKE1res.busy : TAKE1res.missing)
  }
}

extension BlockExchange.State {
  mutating func token(for call: MemberCall) -> ExchangeToken {
    defer { nextToken &+= 1 }
    calls[nextToken] = call
    return nextToken
  }
}
