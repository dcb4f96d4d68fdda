import NFSv4
import Testing

@Suite("GET_DIR_DELEGATION")
struct GET_DIR_DELEGATIONTests {
  @Test("the arguments are those of the .x")
  func arguments() throws {
    try expectWire(
      GET_DIR_DELEGATION4args(
        signalDelegAvail: true, notificationTypes: Bitmap4(1),
        childAttrDelay: Nfstime4(seconds: 1, nseconds: 2),
        dirAttrDelay: Nfstime4(seconds: 3, nseconds: 4), childAttributes: Bitmap4(8),
        dirAttributes: Bitmap4(0x10)),
      """
      00000001  !signal_deleg_avail
      00000001  !notification_types words
      00000001  notification_types[0]
      0000000000000001  child_attr_delay.seconds
      00000002  child_attr_delay.nseconds
      0000000000000003  dir_attr_delay.seconds
      00000004  dir_attr_delay.nseconds
      00000001  !child_attributes words
      00000008  child_attributes[0]
      00000001  !dir_attributes words
      00000010  dir_attributes[0]
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      GET_DIR_DELEGATION4res_non_fatal.ok(
        GET_DIR_DELEGATION4resok(
          cookieverf: 1, stateid: WireSample.stateid, notification: Bitmap4(1),
          childAttributes: Bitmap4(2), dirAttributes: Bitmap4(4))),
      """
      00000000  !gddrnf_status
      0000000000000001  cookieverf
      00000007  stateid.seqid
      0102030405060708090a0b0c  stateid.other
      00000001  !notification words
      00000001  notification[0]
      00000001  !child_attributes words
      00000002  child_attributes[0]
      00000001  !dir_attributes words
      00000004  dir_attributes[0]
      """)
  }

  @Test("no delegation is no error")
  func unavailable() throws {
    try expectWire(
      GET_DIR_DELEGATION4res_non_fatal.unavail(willSignalDelegAvail: true),
      """
      00000001  !gddrnf_status
      00000001  !will_signal_deleg_avail
      """)
  }
}
