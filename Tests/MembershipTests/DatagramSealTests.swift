import Testing

@testable import Membership

private let keyA = [UInt8](repeating: 0xa, count: DatagramSeal.keyBytes)
private let keyB = [UInt8](repeating: 0xb, count: DatagramSeal.keyBytes)
private let keyC = [UInt8](repeating: 0xc, count: DatagramSeal.keyBytes)

/// A payload as short as one that a hello may answer.
private func words(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 8) }

/// Seals that talk to each other over a network without faults, which keeps what was sent.
private final class SealNetwork {
  var seals: [DatagramSeal] = []
  var random = SeededGenerator(1)
  var now: Duration = .zero
  /// Every datagram: sender, receiver, bytes.
  var sent: [(from: Int, to: Int, bytes: [UInt8])] = []

  init(_ keys: [[UInt8]]..., tableLimit: Int = 100) throws {
    for keys in keys {
      seals.append(try DatagramSeal(keys: keys, tableLimit: tableLimit, random: &random))
    }
  }

  /// Sends a payload and lets answers go to and fro.
  /// - Returns: what was opened, with the receiver.
  func send(_ payload: [UInt8], from: Int, to: Int) -> [[UInt8]] {
    guard let datagram = seals[from].seal(payload, to: endpoint(to)) else { return [] }
    return deliver(datagram, from: from, to: to)
  }

  func deliver(_ datagram: [UInt8], from: Int, to: Int) -> [[UInt8]] {
    sent.append((from, to, datagram))
    switch open(datagram, from: from, at: to) {
    case .opened(let payload): return [payload]
    case .send(let answer, let target):
      #expect(target == endpoint(from))
      return deliver(answer, from: to, to: from)
    case .refused: return []
    }
  }

  func open(_ datagram: [UInt8], from: Int, at to: Int) -> DatagramSeal.Verdict {
    seals[to].open(datagram, from: endpoint(from), now: now, random: &random)
  }

  func refused(_ index: Int) -> [SealRefusal: UInt64] { seals[index].statistics.refused }
}

@Suite struct DatagramSealTests {
  @Test("keys have to be there and 32 bytes long")
  func keys() {
    var random = SeededGenerator(1)
    #expect(throws: DatagramSealError.noKeys) { try DatagramSeal(keys: [], random: &random) }
    #expect(throws: DatagramSealError.keyLength(31)) {
      try DatagramSeal(keys: [keyA, [UInt8](repeating: 0, count: 31)], random: &random)
    }
  }

  @Test("a payload arrives after one hello; the next ones need none, and neither do answers")
  func hello() throws {
    let network = try SealNetwork([keyA], [keyA])
    #expect(network.send([1, 2, 3], from: 0, to: 1) == [[1, 2, 3]])
    #expect(network.sent.count == 3)
    #expect(network.send(words(4), from: 0, to: 1) == [words(4)])
    #expect(network.send([], from: 1, to: 0) == [[]])
    #expect(network.sent.count == 5)
    #expect(network.refused(0).isEmpty && network.refused(1).isEmpty)
  }

  @Test("nothing of the payload is to be seen, and equal payloads look different")
  func encrypted() throws {
    let network = try SealNetwork([keyA], [keyA])
    let payload = [UInt8](repeating: 0x41, count: 64)
    for _ in 0..<2 { _ = network.send(payload, from: 0, to: 1) }
    let last = network.sent.suffix(2).map { Array($0.bytes.dropFirst(32)) }
    #expect(last[0] != last[1])
    for datagram in network.sent {
      #expect(
        !datagram.bytes.indices.contains { datagram.bytes[$0...].starts(with: payload[..<4]) })
    }
  }

  @Test("no datagram is longer than 1,400 bytes, and longer payloads are not sent")
  func length() throws {
    let network = try SealNetwork([keyA], [keyA])
    let largest = [UInt8](repeating: 1, count: DatagramSeal.payloadLimitBytes)
    #expect(network.send(largest, from: 0, to: 1) == [largest])
    #expect(network.sent.map(\.bytes.count).max() == 1400)
    #expect(network.send(largest + [1], from: 0, to: 1).isEmpty)
    #expect(network.seals[0].statistics.tooLong == 1)
  }

  @Test("a datagram that comes again is refused, before and after others")
  func replay() throws {
    let network = try SealNetwork([keyA], [keyA])
    for number: UInt8 in 0..<10 { _ = network.send(words(number), from: 0, to: 1) }
    let payloads = network.sent.filter { $0.to == 1 }.dropFirst()
    for datagram in payloads {
      #expect(network.open(datagram.bytes, from: 0, at: 1) == .refused(.replayed))
    }
    #expect(network.refused(1) == [.replayed: 10])
  }

  @Test("recordings of a whole conversation change nothing in the receiver's next life")
  func recording() throws {
    let network = try SealNetwork([keyA], [keyA])
    for number: UInt8 in 0..<10 { _ = network.send(words(number), from: 0, to: 1) }
    let recorded = network.sent
    network.seals[1] = try DatagramSeal(keys: [keyA], random: &network.random)
    let session = network.seals[1]
    for datagram in recorded where datagram.to == 1 {
      guard case .send(let answer, endpoint(0)) = network.open(datagram.bytes, from: 0, at: 1)
      else {
        Issue.record("not a hello")
        continue
      }
      #expect(answer.count <= datagram.bytes.count)
    }
    #expect(network.seals[1].statistics.opened == session.statistics.opened)
    #expect(network.refused(1)[.unbound] == 10)
  }

  @Test("after the receiver's restart what is sent arrives after one hello, once")
  func receiverRestarts() throws {
    let network = try SealNetwork([keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    network.seals[1] = try DatagramSeal(keys: [keyA], random: &network.random)
    let before = network.sent.count
    #expect(network.send(words(2), from: 0, to: 1) == [words(2)])
    #expect(network.sent.count == before + 3)
    #expect(network.send(words(3), from: 0, to: 1) == [words(3)])
    #expect(network.sent.count == before + 4)
  }

  @Test("after the sender's restart what it sends is taken")
  func senderRestarts() throws {
    let network = try SealNetwork([keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    network.seals[0] = try DatagramSeal(keys: [keyA], random: &network.random)
    #expect(network.send(words(2), from: 0, to: 1) == [words(2)])
    #expect(network.send(words(3), from: 1, to: 0) == [words(3)])
  }

  @Test("another cluster's datagrams are refused without an answer")
  func wrongKey() throws {
    let network = try SealNetwork([keyA], [keyB])
    #expect(network.send(words(1), from: 0, to: 1).isEmpty)
    #expect(network.sent.count == 1)
    #expect(network.refused(1) == [.unknownKey: 1])
  }

  @Test("a key with the right id but other bytes is a forgery")
  func keyID() throws {
    let network = try SealNetwork([keyA], [keyB])
    var datagram = network.seals[0].seal([1], to: endpoint(1)) ?? []
    let other = network.seals[1].seal([1], to: endpoint(0)) ?? []
    datagram.replaceSubrange(4..<8, with: other[4..<8])
    #expect(network.open(datagram, from: 0, at: 1) == .refused(.forged))
  }

  @Test("no byte of a datagram can be changed, and none left out or added")
  func tampering() throws {
    let network = try SealNetwork([keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    let datagram = network.seals[0].seal([1, 2, 3, 4, 5, 6, 7, 8], to: endpoint(1)) ?? []
    var sent = 0
    for index in datagram.indices {
      for bit in 0..<8 {
        var changed = datagram
        changed[index] ^= 1 << UInt8(bit)
        if case .opened = network.open(changed, from: 0, at: 1) {
          Issue.record("bit \(bit) of byte \(index)")
        }
        sent += 1
      }
    }
    for count in 0..<datagram.count {
      if case .opened = network.open(Array(datagram[..<count]), from: 0, at: 1) {
        Issue.record("cut to \(count)")
      }
      sent += 1
    }
    if case .opened = network.open(datagram + [0], from: 0, at: 1) { Issue.record("longer") }
    #expect(network.refused(1).values.reduce(0, +) == UInt64(sent) + 1)
    #expect(network.seals[1].statistics.hellosSent == 1)
    #expect(network.open(datagram, from: 0, at: 1) == .opened([1, 2, 3, 4, 5, 6, 7, 8]))
  }

  @Test("our own datagrams that come back are refused")
  func reflection() throws {
    let network = try SealNetwork([keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    for datagram in network.sent where datagram.from == 0 {
      #expect(network.open(datagram.bytes, from: 1, at: 0) == .refused(.reflected))
    }
  }

  @Test("a hello is never answered, and one that was not asked for is refused")
  func unasked() throws {
    let network = try SealNetwork([keyA], [keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    let hello = network.sent[1].bytes
    // To somebody else, and to the next life of the one who asked.
    #expect(network.open(hello, from: 1, at: 2) == .refused(.unbound))
    network.seals[0] = try DatagramSeal(keys: [keyA], random: &network.random)
    #expect(network.open(hello, from: 1, at: 0) == .refused(.unbound))
    // One that was lost at the time and comes after its question was overtaken by 300 others.
    let late = try SealNetwork([keyA], [keyA])
    let question = late.seals[0].seal([1], to: endpoint(1)) ?? []
    guard case .send(let held, _) = late.open(question, from: 0, at: 1) else {
      Issue.record("no hello")
      return
    }
    for _ in 0..<300 { _ = late.seals[0].seal([2], to: endpoint(2)) }
    #expect(late.open(held, from: 1, at: 0) == .refused(.unasked))
  }

  @Test("hellos are no larger than what they answer, and so many a second")
  func amplification() throws {
    let network = try SealNetwork([keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    let recorded = network.sent.filter { $0.to == 1 }.map(\.bytes)
    network.seals[1] = try DatagramSeal(
      keys: [keyA], hellosPerSecond: 100, random: &network.random)
    var (bytesIn, bytesOut, answers) = (0, 0, 0)
    for round in 0..<1000 {
      let datagram = recorded[round % recorded.count]
      bytesIn += datagram.count
      if case .send(let answer, _) = network.open(datagram, from: round % 50, at: 1) {
        answers += 1
        bytesOut += answer.count
        #expect(answer.count <= datagram.count)
      }
    }
    #expect(answers <= 100 && bytesOut < bytesIn)
    network.now = .seconds(1)
    #expect(network.refused(1)[.unbound] ?? 0 >= 900)
    if case .send = network.open(recorded[0], from: 0, at: 1) {
    } else {
      Issue.record("no hello a second later")
    }
  }

  @Test("a key is changed node by node, and nothing is lost on the way")
  func rotation() throws {
    let network = try SealNetwork([keyA], [keyA], [keyA])
    func talk(_ step: String) {
      for from in 0..<3 {
        for to in 0..<3 where from != to {
          #expect(
            network.send(words(9), from: from, to: to) == [words(9)], "\(step): \(from) to \(to)")
        }
      }
    }
    talk("before")
    for keys in [[keyA, keyB], [keyB, keyA], [keyB], [keyB, keyC]] {
      for index in 0..<3 {
        try network.seals[index].rotate(keys: keys)
        talk("\(keys.map { $0[0] }) on \(index)")
      }
    }
    #expect((0..<3).allSatisfy { network.refused($0).isEmpty })
    // The old key is worth nothing now.
    let stranger = try DatagramSeal(keys: [keyA], random: &network.random)
    network.seals[2] = stranger
    #expect(network.send(words(1), from: 2, to: 0).isEmpty)
    #expect(network.refused(0) == [.unknownKey: 1])
  }

  @Test("a sender keeps its window when it changes its key")
  func rotationKeepsWindow() throws {
    let network = try SealNetwork([keyA, keyB], [keyA, keyB])
    _ = network.send(words(1), from: 0, to: 1)
    let old = network.sent.last?.bytes ?? []
    try network.seals[0].rotate(keys: [keyB, keyA])
    #expect(network.send(words(2), from: 0, to: 1) == [words(2)])
    #expect(network.open(old, from: 0, at: 1) == .refused(.replayed))
  }

  @Test("more senders than the table holds begin a new session; old datagrams stay worthless")
  func fullTable() throws {
    let network = try SealNetwork([keyA], [keyA], tableLimit: 4)
    #expect(network.send(words(1), from: 0, to: 1) == [words(1)])
    let old = network.sent.last?.bytes ?? []
    for number in 2..<9 {
      let next = try DatagramSeal(keys: [keyA], random: &network.random)
      network.seals.append(next)
      #expect(network.send(words(2), from: number, to: 1) == [words(2)])
    }
    #expect(network.seals[1].statistics.sessionsRenewed >= 1)
    let before = network.seals[1].statistics.opened
    _ = network.open(old, from: 0, at: 1)
    #expect(network.seals[1].statistics.opened == before)
    #expect(network.send(words(3), from: 0, to: 1) == [words(3)])
  }

  @Test("10,000 datagrams of noise are counted and change nothing")
  func noise() throws {
    let network = try SealNetwork([keyA], [keyA])
    _ = network.send(words(1), from: 0, to: 1)
    let head = network.sent.last?.bytes.prefix(32) ?? []
    for round in 0..<10_000 {
      let count = Int.random(in: 0..<120, using: &network.random)
      var bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &network.random) }
      if round.isMultiple(of: 4) { bytes = head + bytes }
      guard case .refused = network.open(bytes, from: 2, at: 1) else {
        Issue.record("round \(round)")
        return
      }
    }
    #expect(network.refused(1).values.reduce(0, +) == 10_000)
    #expect(network.send(words(2), from: 0, to: 1) == [words(2)])
  }
}
