import Glibc
import Testing

@testable import PeerServer

@Suite struct SupervisionTests {
  private func after(_ events: Supervision.Event...) -> Supervision {
    var supervision = Supervision()
    for event in events { _ = supervision.handle(event) }
    return supervision
  }

  private func looks(_ count: Int, _ supervision: inout Supervision) -> [Supervision.Directive] {
    (0..<count).flatMap { _ in supervision.handle(.look) }
  }

  @Test("a process that beats and then says nothing for eight looks is killed, once")
  func silent() {
    var supervision = after(.beat)
    #expect(looks(7, &supervision).isEmpty)
    #expect(supervision.handle(.look) == [.kill])
    #expect(looks(20, &supervision).isEmpty)
    #expect(
      supervision.handle(.ended(.signal(SIGKILL)))
        == [.restarting(.signal(SIGKILL), afterLooks: 0), .start])
  }

  @Test("every beat lets it be silent anew")
  func beating() {
    var supervision = Supervision()
    for _ in 0..<100 {
      #expect(supervision.handle(.beat).isEmpty)
      #expect(looks(7, &supervision).isEmpty)
    }
  }

  @Test("a process that has not begun to beat, or takes its leave, may take its time")
  func patience() {
    var starting = Supervision()
    #expect(looks(1000, &starting).isEmpty)
    var ending = after(.beat, .farewell)
    #expect(looks(1000, &ending).isEmpty)
    #expect(ending.handle(.ended(.code(0))) == [.finish(0)])
  }

  @Test("a process that ends by itself is not started again", arguments: [0, 1, 78] as [Int32])
  func ends(code: Int32) {
    var supervision = after(.beat)
    #expect(supervision.handle(.ended(.code(code))) == [.finish(code)])
  }

  @Test("what dies before it ever worked is not started again")
  func stillborn() {
    var supervision = Supervision()
    #expect(supervision.handle(.ended(.signal(SIGABRT))) == [.finish(128 + SIGABRT)])
  }

  @Test("what dies again and again is started again later each time, until it has worked a while")
  func backoff() {
    var supervision = Supervision()
    for delay in [0, 1, 2, 4, 8, 16, 32, 32] {
      _ = supervision.handle(.beat)
      let ended = supervision.handle(.ended(.signal(SIGSEGV)))
      #expect(ended.first == .restarting(.signal(SIGSEGV), afterLooks: delay))
      if delay > 0 {
        #expect(looks(delay - 1, &supervision).isEmpty)
        #expect(supervision.handle(.look) == [.start])
      }
    }
    for _ in 0..<Supervision.soundBeats { _ = supervision.handle(.beat) }
    #expect(
      supervision.handle(.ended(.signal(SIGSEGV))).first
        == .restarting(.signal(SIGSEGV), afterLooks: 0))
  }

  @Test("signals go on to the process; once it was asked to end it is not started again")
  func signals() {
    var supervision = after(.beat)
    #expect(supervision.handle(.signal(SIGHUP)) == [.forward(SIGHUP)])
    #expect(supervision.handle(.ended(.signal(SIGKILL))).last == .start)
    _ = supervision.handle(.beat)
    #expect(supervision.handle(.signal(SIGTERM)) == [.forward(SIGTERM)])
    #expect(supervision.handle(.ended(.signal(SIGKILL))) == [.finish(128 + SIGKILL)])
  }

  @Test("one that hangs when it was asked to end is killed all the same")
  func hangsAtTheEnd() {
    var supervision = after(.beat, .signal(SIGTERM))
    #expect(looks(8, &supervision) == [.kill])
  }

  @Test("between two processes the request to end is met at once, that to reload passed over")
  func signalsBetween() {
    var supervision = after(
      .beat, .ended(.signal(SIGKILL)), .beat, .ended(.signal(SIGKILL)))
    #expect(supervision.handle(.signal(SIGHUP)).isEmpty)
    #expect(supervision.handle(.signal(SIGINT)) == [.finish(0)])
  }
}
