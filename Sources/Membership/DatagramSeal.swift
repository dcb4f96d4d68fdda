import Crypto

/// Authenticates and encrypts gossip datagrams with the cluster's keys (ChaCha20-Poly1305,
/// RFC 8439), and refuses those that were seen before.
///
/// Every process draws a session at random. A datagram names its sender's session and a counter,
/// which a sliding window of each session takes once; and it names the *receiver's* session, so
/// that a recording of it is worth nothing against the receiver's next life. A sender learns that
/// session by a hello:
///
///     A ─ question(A's session, counter c) ─▶ B
///     A ◀── hello(B's session, answers c) ─── B        bound to A's session
///     A ─ payload, bound to B's session ────▶ B        B has A's session now, too
///
/// A datagram that is bound to another session than ours changes nothing here: its sender gets a
/// hello, no larger than what came and no more than so many a second, so there is nothing to
/// amplify; then it sends again what it sent, once, if it was among the last it sent. A hello is
/// never answered, nor is a payload of fewer than 8 bytes: the answer would be larger.
///
/// Clocks are used for the rate of hellos only.
public struct DatagramSeal: Sendable {
  /// The length of a key of the cluster.
  public static let keyBytes = 32
  /// The most bytes of a UDP payload that are sent or taken.
  public static let datagramLimitBytes = 1400
  /// What sealing adds.
  public static let overheadBytes = SealHeader.encodedBytes + tagBytes
  /// The most bytes that can be sealed.
  public static let payloadLimitBytes = datagramLimitBytes - overheadBytes
  static let tagBytes = 16
  /// The payload of a question and of a hello.
  static let helloPayloadBytes = 8
  /// How many of the datagrams last sent are kept, to be sent again after a hello.
  static let recentCount = 256

  /// What became of a datagram.
  public enum Verdict: Hashable, Sendable {
    /// Its payload, from a holder of a key, never seen before, and meant for this life of ours.
    case opened([UInt8])
    /// Send this. Nothing else happened.
    case send([UInt8], to: GossipEndpoint)
    /// Nothing happened.
    case refused(SealRefusal)
  }

  /// What is known of a sender's session.
  private struct Sender: Sendable {
    var keyID: UInt32
    var key: SymmetricKey
    var window = SlidingWindow()
  }

  private struct Recent: Sendable {
    let counter: UInt64
    let endpoint: GossipEndpoint
    let payload: [UInt8]
  }

  /// What was counted since the start.
  public private(set) var statistics = SealStatistics()
  /// The most senders, and the most receivers, that are remembered.
  public let tableLimit: Int

  private var keys: [SealKey]
  private var session: UInt64
  private var sessionKey: SymmetricKey
  private var counter: UInt64 = 0
  private var senders: [UInt64: Sender] = [:]
  /// The session behind an address, as last learned.
  private var receivers: [GossipEndpoint: UInt64] = [:]
  private var recent: [Recent?]
  private var hellos: RateLimiter
  private var hellosOfSource: RateLimiter

  /// - Parameters:
  ///   - keys: each ``keyBytes`` long. The first is used, all are accepted.
  ///   - tableLimit: the most senders, and the most receivers, that are remembered, at about 200
  ///     bytes each. More than the cluster has members. When there are more senders we begin a new
  ///     session, and all say hello again.
  ///   - hellosPerSecond: the most hellos sent in a second to all; a tenth of it to one address.
  /// - Throws: when there are no keys, or one of another length.
  public init(
    keys: [[UInt8]], tableLimit: Int = 65_536, hellosPerSecond: Int = 1000,
    random: inout some RandomNumberGenerator
  ) throws(DatagramSealError) {
    self.keys = try Self.sealKeys(keys)
    self.tableLimit = max(1, tableLimit)
    // 0 stands for no session.
    session = UInt64.random(in: 1...(.max), using: &random)
    sessionKey = self.keys[0].sessionKey(session)
    recent = Array(repeating: nil, count: Self.recentCount)
    hellos = RateLimiter(perSecond: hellosPerSecond, burstSeconds: 1, slotCount: 1, seed: 0)
    hellosOfSource = RateLimiter(
      perSecond: hellosPerSecond / 10, burstSeconds: 1,
      seed: UInt64.random(in: 0...(.max), using: &random))
  }

  /// Replaces the keys: the first is used from now on, all are accepted. To change a key without a
  /// pause, add the new one behind the old on every node, then put it first, then drop the old.
  public mutating func rotate(keys: [[UInt8]]) throws(DatagramSealError) {
    self.keys = try Self.sealKeys(keys)
    sessionKey = self.keys[0].sessionKey(session)
  }

  private static func sealKeys(_ keys: [[UInt8]]) throws(DatagramSealError) -> [SealKey] {
    guard !keys.isEmpty else { throw .noKeys }
    for key in keys where key.count != keyBytes { throw .keyLength(key.count) }
    return keys.map(SealKey.init)
  }

  // MARK: Sending

  /// Seals a payload for whoever is at an address.
  /// - Returns: the datagram to send there: the payload, or a question for the session it has to be
  ///   bound to, whose answer makes ``open(_:from:now:random:)`` return the payload's datagram. Nil
  ///   if the payload is longer than ``payloadLimitBytes``.
  public mutating func seal(_ payload: [UInt8], to endpoint: GossipEndpoint) -> [UInt8]? {
    guard payload.count <= Self.payloadLimitBytes else {
      statistics.tooLong += 1
      return nil
    }
    let datagram: [UInt8]?
    if let receiver = receivers[endpoint] {
      datagram = encode(.payload, payload, for: receiver)
    } else {
      let zeros = [UInt8](repeating: 0, count: Self.helloPayloadBytes)
      datagram = encode(.question, zeros, for: 0)
    }
    recent[Int(counter % UInt64(Self.recentCount))] = Recent(
      counter: counter, endpoint: endpoint, payload: payload)
    return datagram
  }

  private mutating func encode(
    _ kind: SealHeader.Kind, _ payload: [UInt8], for receiver: UInt64
  ) -> [UInt8]? {
    counter += 1
    let header = SealHeader(
      kind: kind, keyID: keys[0].id, sender: session, counter: counter, receiver: receiver)
    var writer = ByteWriter(capacity: payload.count + Self.overheadBytes)
    header.encode(into: &writer)
    guard let nonce = try? ChaChaPoly.Nonce(data: header.nonce),
      let box = try? ChaChaPoly.seal(
        payload, using: sessionKey, nonce: nonce, authenticating: writer.bytes)
    else { return nil }
    writer.bytes(box.ciphertext)
    writer.bytes(box.tag)
    statistics.sealed += 1
    return writer.bytes
  }

  // MARK: Receiving

  /// Opens a datagram.
  public mutating func open(
    _ datagram: [UInt8], from source: GossipEndpoint, now: Duration,
    random: inout some RandomNumberGenerator
  ) -> Verdict {
    guard datagram.count >= Self.overheadBytes, datagram.count <= Self.datagramLimitBytes else {
      return refuse(.foreign)
    }
    var reader = ByteReader(datagram)
    guard let header = try? SealHeader(decoding: &reader) else { return refuse(.foreign) }
    guard let key = keys.first(where: { $0.id == header.keyID }) else {
      return refuse(.unknownKey)
    }
    guard header.sender != session else { return refuse(.reflected) }
    guard header.receiver == session else {
      guard header.kind != .hello else { return refuse(.unbound) }
      return answerUnbound(datagram, header, key, from: source, now: now)
    }
    var sender: Sender
    if let known = senders[header.sender], known.keyID == header.keyID {
      guard !known.window.contains(header.counter) else { return refuse(.replayed) }
      sender = known
    } else {
      // A sender that changed its key goes on with its counter.
      sender = Sender(keyID: header.keyID, key: key.sessionKey(header.sender))
      if let known = senders[header.sender] { sender.window = known.window }
    }
    guard let payload = decrypt(datagram, header, sender.key) else { return refuse(.forged) }
    guard sender.window.insert(header.counter) else { return refuse(.replayed) }
    remember(sender, session: header.sender, at: source, random: &random)
    switch header.kind {
    case .payload:
      statistics.opened += 1
      return .opened(payload)
    case .hello: return takeHello(payload, session: header.sender)
    case .question: return refuse(.unasked)
    }
  }

  private func decrypt(
    _ datagram: [UInt8], _ header: SealHeader, _ key: SymmetricKey
  ) -> [UInt8]? {
    let end = datagram.count - Self.tagBytes
    guard let nonce = try? ChaChaPoly.Nonce(data: header.nonce),
      let box = try? ChaChaPoly.SealedBox(
        nonce: nonce, ciphertext: datagram[SealHeader.encodedBytes..<end], tag: datagram[end...]),
      let plain = try? ChaChaPoly.open(
        box, using: key, authenticating: datagram[..<SealHeader.encodedBytes])
    else { return nil }
    return Array(plain)
  }

  /// Tells the sender of an authentic datagram which session to name. Remembers nothing.
  private mutating func answerUnbound(
    _ datagram: [UInt8], _ header: SealHeader, _ key: SealKey, from source: GossipEndpoint,
    now: Duration
  ) -> Verdict {
    guard decrypt(datagram, header, key.sessionKey(header.sender)) != nil else {
      return refuse(.forged)
    }
    guard datagram.count >= Self.overheadBytes + Self.helloPayloadBytes,
      hellosOfSource.spend(of: source.addressHash, now: now), hellos.spend(of: 0, now: now)
    else { return refuse(.unbound) }
    var payload = ByteWriter(capacity: Self.helloPayloadBytes)
    payload.uint64(header.counter)
    guard let hello = encode(.hello, payload.bytes, for: header.sender) else {
      return refuse(.unbound)
    }
    if header.kind == .payload { count(.unbound) }
    statistics.hellosSent += 1
    return .send(hello, to: source)
  }

  /// Somebody told us the session behind an address that we sent to: what we sent is sent again.
  private mutating func takeHello(_ payload: [UInt8], session: UInt64) -> Verdict {
    var reader = ByteReader(payload)
    guard payload.count == Self.helloPayloadBytes, let answered = try? reader.uint64() else {
      return refuse(.unasked)
    }
    let index = Int(answered % UInt64(Self.recentCount))
    guard let sent = recent[index], sent.counter == answered else { return refuse(.unasked) }
    recent[index] = nil
    learn(session, at: sent.endpoint)
    statistics.hellosTaken += 1
    guard let again = encode(.payload, sent.payload, for: session) else {
      return refuse(.unasked)
    }
    return .send(again, to: sent.endpoint)
  }

  // MARK: Tables

  /// A sender proved that it holds a key and knows our session.
  private mutating func remember(
    _ sender: Sender, session other: UInt64, at source: GossipEndpoint,
    random: inout some RandomNumberGenerator
  ) {
    if senders[other] == nil, senders.count >= tableLimit {
      // What was seen is forgotten together with the session that it was bound to.
      senders.removeAll()
      session = UInt64.random(in: 1...(.max), using: &random)
      sessionKey = keys[0].sessionKey(session)
      counter = 0
      recent = Array(repeating: nil, count: Self.recentCount)
      statistics.sessionsRenewed += 1
    }
    senders[other] = sender
    learn(other, at: source)
  }

  private mutating func learn(_ session: UInt64, at endpoint: GossipEndpoint) {
    if receivers[endpoint] == nil, receivers.count >= tableLimit { receivers.removeAll() }
    receivers[endpoint] = session
  }

  private mutating func refuse(_ reason: SealRefusal) -> Verdict {
    count(reason)
    return .refused(reason)
  }

  private mutating func count(_ reason: SealRefusal) {
    statistics.refused[reason, default: 0] += 1
  }
}
