import NFSv4
import NIOCore
import Testing

@testable import MetadataServer

@Suite struct WaitingRoomTests {
  private let room = WaitingRoom<Int>()

  private func file(_ number: UInt64) -> NfsFh4 { NfsFh4(ByteBuffer(integer: number)) }

  @Test("who waits for a file is let out by it, in the order of coming, and nobody else")
  func leave() {
    for number in 1...4 { _ = room.enter(number, for: file(number == 3 ? 2 : 1)) }
    #expect(room.leave([file(3)]).isEmpty)
    #expect(room.leave([file(1)]) == [1, 2, 4])
    #expect(room.leave([file(1)]).isEmpty)
    #expect(room.count == 1)
  }

  @Test("a seat is left once, whoever is first")
  func once() throws {
    let seat = try #require(room.enter(7, for: file(1)))
    #expect(room.leave(seat) == 7)
    #expect(room.leave(seat) == nil)
    #expect(room.leave([file(1)]).isEmpty)
    let second = try #require(room.enter(8, for: file(1)))
    #expect(room.leave([file(1)]) == [8])
    #expect(room.leave(second) == nil)
  }

  @Test("when all seats are taken nobody else waits")
  func full() throws {
    let seats = try (0..<WaitingRoom<Int>.seatLimit).map {
      try #require(room.enter($0, for: file(UInt64($0 % 7))))
    }
    #expect(room.enter(0, for: file(1)) == nil)
    _ = room.leave(seats[0])
    #expect(room.enter(0, for: file(1)) != nil)
  }
}
