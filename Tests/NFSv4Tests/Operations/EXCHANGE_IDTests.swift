import NFSv4
import Testing
import XDR

@Suite struct EXCHANGE_IDTests {
  @Test("arguments with SP4_NONE are the RFC's bytes and no others")
  func argumentsNone() {
    expectWire(
      EXCHANGE_ID4args(
        clientowner: Fixture.owner, flags: [.SUPP_MOVED_REFER, .BIND_PRINC_STATEID],
        stateProtect: .none, clientImplId: Fixture.implId),
      [
        0x2122_2324, 0x2526_2728, 4, 0x686f_7374, 0x101, 0,
        1, 1, 0x6400_0000, 1, 0x6e00_0000, 0xffff_ffff,
        0xffff_ffff, 9,
      ],
      [
        Corruption(2, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(2, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 1024)),
        Corruption(5, 3, .badEnumeration(type: "state_protect_how4", value: 3)),
        Corruption(6, 2, .tooLong(claimed: 2, limit: 1)),
        Corruption(7, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
      ])
  }

  @Test("arguments with SP4_MACH_CRED carry both sets of operations")
  func argumentsMachCred() {
    expectWire(
      EXCHANGE_ID4args(
        clientowner: Fixture.owner, flags: .USE_PNFS_DS,
        stateProtect: .machCred(
          StateProtectOps4(mustEnforce: Bitmap4(0, 0x80), mustAllow: Bitmap4(0x10))),
        clientImplId: nil),
      [
        0x2122_2324, 0x2526_2728, 4, 0x686f_7374, 0x0004_0000, 1,
        2, 0, 0x80, 1, 0x10, 0,
      ],
      [
        Corruption(6, 9, .tooLong(claimed: 9, limit: 8)),
        Corruption(9, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 8)),
        Corruption(11, 1, .truncated),
      ])
  }

  @Test("arguments with SP4_SSV carry algorithms and window")
  func argumentsSsv() {
    expectWire(
      EXCHANGE_ID4args(
        clientowner: Fixture.owner, flags: [],
        stateProtect: .ssv(
          SsvSpParms4(
            ops: StateProtectOps4(mustEnforce: Bitmap4(), mustAllow: Bitmap4()),
            hashAlgs: [[1, 2, 3, 4]], encrAlgs: [], window: 5, numGssHandles: 6)),
        clientImplId: nil),
      [
        0x2122_2324, 0x2526_2728, 4, 0x686f_7374, 0, 2,
        0, 0, 1, 4, 0x0102_0304, 0,
        5, 6, 0,
      ],
      [
        Corruption(8, 0x41, .tooLong(claimed: 0x41, limit: 64)),
        Corruption(9, 0x81, .tooLong(claimed: 0x81, limit: 128)),
        Corruption(11, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 64)),
      ])
  }

  @Test("results with SP4_NONE are the RFC's bytes and no others")
  func resultsNone() {
    expectWire(
      EXCHANGE_ID4resok(
        clientid: 0x1_0000_0002, sequenceid: 3, flags: [.USE_PNFS_MDS, .CONFIRMED_R],
        stateProtect: .none, serverOwner: ServerOwner4(minorId: 4, majorId: Array("mds".utf8)),
        serverScope: Array("scope".utf8), serverImplId: Fixture.implId),
      [
        1, 2, 3, 0x8002_0000, 0, 0,
        4, 3, 0x6d64_7300, 5, 0x7363_6f70, 0x6500_0000,
        1, 1, 0x6400_0000, 1, 0x6e00_0000, 0xffff_ffff,
        0xffff_ffff, 9,
      ],
      [
        Corruption(4, 0xffff_ffff, .badEnumeration(type: "state_protect_how4", value: 0xffff_ffff)),
        Corruption(7, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(9, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(12, 2, .tooLong(claimed: 2, limit: 1)),
      ])
  }

  @Test("results with SP4_MACH_CRED carry what the server agreed to")
  func resultsMachCred() {
    expectWire(
      EXCHANGE_ID4resok(
        clientid: 1, sequenceid: 1, flags: .USE_NON_PNFS,
        stateProtect: .machCred(
          StateProtectOps4(mustEnforce: Bitmap4(1), mustAllow: Bitmap4())),
        serverOwner: ServerOwner4(minorId: 0, majorId: []), serverScope: [], serverImplId: nil),
      [
        0, 1, 1, 0x0001_0000, 1, 1,
        1, 0, 0, 0, 0, 0,
        0,
      ],
      [
        Corruption(7, 9, .tooLong(claimed: 9, limit: 8))
      ])
  }

  @Test("results with SP4_SSV carry handles")
  func resultsSsv() {
    expectWire(
      EXCHANGE_ID4resok(
        clientid: 1, sequenceid: 1, flags: [],
        stateProtect: .ssv(
          SsvProtInfo4(
            ops: StateProtectOps4(mustEnforce: Bitmap4(), mustAllow: Bitmap4()), hashAlg: 2,
            encrAlg: 3, ssvLen: 32, window: 4, handles: [[9]])),
        serverOwner: ServerOwner4(minorId: 0, majorId: []), serverScope: [], serverImplId: nil),
      [
        0, 1, 1, 0, 2, 0,
        0, 2, 3, 0x20, 4, 1,
        1, 0x0900_0000, 0, 0, 0, 0,
        0,
      ],
      [
        Corruption(11, 0x41, .tooLong(claimed: 0x41, limit: 64)),
        Corruption(12, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
      ])
  }
}
