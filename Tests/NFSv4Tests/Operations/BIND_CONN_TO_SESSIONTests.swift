import NFSv4
import Testing
import XDR

@Suite struct BIND_CONN_TO_SESSIONTests {
  @Test("arguments are the RFC's bytes and no others")
  func arguments() {
    expectWire(
      BIND_CONN_TO_SESSION4args(
        sessid: Fixture.sessionid, dir: .CDFC4_BACK_OR_BOTH, useConnInRdmaMode: false),
      [
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 7, 0,
      ],
      [
        Corruption(4, 0, .badEnumeration(type: "channel_dir_from_client4", value: 0)),
        Corruption(4, 4, .badEnumeration(type: "channel_dir_from_client4", value: 4)),
        Corruption(5, 2, .badBoolean(2)),
      ])
  }

  @Test("results are the RFC's bytes and no others")
  func results() {
    expectWire(
      BIND_CONN_TO_SESSION4resok(
        sessid: Fixture.sessionid, dir: .CDFS4_BOTH, useConnInRdmaMode: true),
      [
        0x0102_0304, 0x0506_0708, 0x090a_0b0c, 0x0d0e_0f10, 3, 1,
      ],
      [
        Corruption(4, 7, .badEnumeration(type: "channel_dir_from_server4", value: 7)),
        Corruption(5, 0xffff_ffff, .badBoolean(0xffff_ffff)),
      ])
  }
}
