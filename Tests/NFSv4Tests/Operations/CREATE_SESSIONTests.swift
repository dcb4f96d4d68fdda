import NFSv4
import ONCRPC
import Testing
import XDR

@Suite struct CREATE_SESSIONTests {
  @Test("arguments with every security flavor are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      CREATE_SESSION4args(
        clientid: 0x1_0000_0002, sequence: 3, flags: [.PERSIST, .CONN_BACK_CHAN],
        foreChanAttrs: ChannelAttrs4(
          headerpadsize: 0, maxrequestsize: 1_049_620, maxresponsesize: 1_049_480,
          maxresponsesizeCached: 7584, maxoperations: 8, maxrequests: 64, rdmaIrd: nil),
        backChanAttrs: ChannelAttrs4(
          headerpadsize: 0, maxrequestsize: 4096, maxresponsesize: 4096,
          maxresponsesizeCached: 0, maxoperations: 2, maxrequests: 16, rdmaIrd: 11),
        cbProgram: 0x4000_0000,
        secParms: [
          .none,
          .sys(
            AuthsysParms(
              stamp: 5, machinename: Array("m".utf8), uid: 0, gid: 1, gids: [2, 3])),
          .gss(
            GssCbHandles4(
              service: .RPC_GSS_SVC_PRIVACY, handleFromServer: [1], handleFromClient: [])),
        ]),
      [
        1, 2, 3, 3, 0, 0x0010_0414,
        0x0010_0388, 0x1da0, 8, 0x40, 0, 0,
        0x1000, 0x1000, 0, 2, 0x10, 1,
        0xb, 0x4000_0000, 3, 0, 1, 5,
        1, 0x6d00_0000, 0, 1, 2, 2,
        3, 6, 3, 1, 0x0100_0000, 0,
      ],
      [
        Corruption(10, 2, .tooLong(claimed: 2, limit: 1)),
        Corruption(17, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 1)),
        Corruption(20, 0x11, .tooLong(claimed: 0x11, limit: 16)),
        Corruption(21, 3, .badEnumeration(type: "cb_secflavor", value: 3)),
        Corruption(24, 0x100, .tooLong(claimed: 0x100, limit: 255)),
        Corruption(28, 0x11, .tooLong(claimed: 0x11, limit: 16)),
        Corruption(32, 0, .badEnumeration(type: "rpc_gss_svc_t", value: 0)),
        Corruption(33, 0x401, .tooLong(claimed: 0x401, limit: 1024)),
        Corruption(35, 0xffff_ffff, .tooLong(claimed: 0xffff_ffff, limit: 1024)),
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      CREATE_SESSION4resok(
        sessionid: Fixture.sessionid, sequence: 3, flags: .CONN_BACK_CHAN,
        foreChanAttrs: ChannelAttrs4(
          headerpadsize: 0, maxrequestsize: 1_049_620, maxresponsesize: 1_049_480,
          maxresponsesizeCached: 7584, maxoperations: 8, maxrequests: 64, rdmaIrd: nil),
        backChanAttrs: ChannelAttrs4(
          headerpadsize: 0, maxrequestsize: 4096, maxresponsesize: 4096,
          maxresponsesizeCached: 0, maxoperations: 2, maxrequests: 16, rdmaIrd: 11)),
      [
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 3, 2,
        0, 0x0010_0414, 0x0010_0388, 0x1da0, 8, 0x40,
        0, 0, 0x1000, 0x1000, 0, 2,
        0x10, 1, 0xb,
      ],
      [
        Corruption(12, 2, .tooLong(claimed: 2, limit: 1)),
        Corruption(19, 2, .tooLong(claimed: 2, limit: 1)),
      ])
  }
}
