import NFSv4
import Testing

@Suite("COPY")
struct COPYTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      COPY4args(
        srcStateid: WireSample.stateid, dstStateid: .anonymous, srcOffset: 1, dstOffset: 2,
        count: 3, consecutive: true, synchronous: false,
        sourceServer: [
          .name(Array("host".utf8)), .url(Array("nfs://h".utf8)),
          .addr(Netaddr4(netid: Array("tcp".utf8), addr: Array("192.0.2.1.8.1".utf8))),
        ]),
      """
      00000007  src_stateid.seqid
      0102030405060708090a0b0c  src_stateid.other
      00000000  dst_stateid.seqid
      000000000000000000000000  dst_stateid.other
      0000000000000001  src_offset
      0000000000000002  dst_offset
      0000000000000003  count
      00000001  !consecutive
      00000000  !synchronous
      00000003  !source_server count
      00000001  !nl_type
      00000004  !nl_name length
      686f7374  nl_name
      00000002  !nl_type
      00000007  !nl_url length
      6e66733a2f2f6800  nl_url
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
      COPY4resok(
        response: WriteResponse4(
          callbackId: WireSample.stateid, count: 5, committed: .UNSTABLE4, writeverf: 9),
        requirements: CopyRequirements4(consecutive: true, synchronous: false)),
      """
      00000001  !wr_callback_id count
      00000007  wr_callback_id.seqid
      0102030405060708090a0b0c  wr_callback_id.other
      0000000000000005  wr_count
      00000000  !wr_committed
      0000000000000009  wr_writeverf
      00000001  !cr_consecutive
      00000000  !cr_synchronous
      """)
  }

  @Test("a copy that is over has no callback id")
  func done() throws {
    try expectWire(
      WriteResponse4(callbackId: nil, count: 5, committed: .FILE_SYNC4, writeverf: 9),
      """
      00000000  !wr_callback_id count
      0000000000000005  wr_count
      00000002  !wr_committed
      0000000000000009  wr_writeverf
      """)
  }

  @Test("requirements that cannot be met are named")
  func requirements() throws {
    try expectRefusal(
      COPY.self, .NFS4ERR_OFFLOAD_NO_REQS,
      """
      00000000  !cr_consecutive
      00000000  !cr_synchronous
      """)
    try expectRefusal(
      COPY.self, .NFS4ERR_OFFLOAD_NO_REQS,
      """
      00000001  !cr_consecutive
      00000000  !cr_synchronous
      """
    ) { encoder in
      COPY.encodeRequirements(
        CopyRequirements4(consecutive: true, synchronous: false), to: &encoder)
    }
    try expectRefusal(COPY.self, .NFS4ERR_NOTSUPP, "")
  }
}
