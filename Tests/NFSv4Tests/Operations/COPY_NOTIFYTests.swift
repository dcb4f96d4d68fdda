import NFSv4
import Testing

@Suite("COPY_NOTIFY")
struct COPY_NOTIFYTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      COPY_NOTIFY4args(
        srcStateid: WireSample.stateid,
        destinationServer: .addr(
          Netaddr4(netid: Array("tcp".utf8), addr: Array("192.0.2.1.8.1".utf8)))),
      """
      00000007  src_stateid.seqid
      0102030405060708090a0b0c  src_stateid.other
      00000003  !nl_type
      00000003  !nl_addr.netid length
      74637000  nl_addr.netid
      0000000d  !nl_addr.addr length
      3139322e302e322e312e382e31000000  nl_addr.addr
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      COPY_NOTIFY4resok(
        leaseTime: Nfstime4(seconds: 1, nseconds: 2), stateid: WireSample.stateid,
        sourceServer: [.name(Array("host".utf8))]),
      """
      0000000000000001  lease_time.seconds
      00000002  lease_time.nseconds
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      00000001  !source_server count
      00000001  !nl_type
      00000004  !nl_name length
      686f7374  nl_name
      """)
  }
}
