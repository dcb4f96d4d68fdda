import NFSv4
import Testing

@Suite("CREATE")
struct CREATETests {
  @Test("every type has its own arm")
  func arguments() throws {
    try expectWire(
      CREATE4args(
        objtype: .lnk(Array("target".utf8)), objname: Array("n".utf8), createattrs: WireSample.fattr
      ),
      """
      00000005  !type
      00000006  !linkdata length
      7461726765740000  linkdata
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(
        objtype: .blk(Specdata4(specdata1: 8, specdata2: 1)), objname: Array("n".utf8),
        createattrs: WireSample.fattr),
      """
      00000003  !type
      00000008  specdata1
      00000001  specdata2
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(
        objtype: .chr(Specdata4(specdata1: 1, specdata2: 3)), objname: Array("n".utf8),
        createattrs: WireSample.fattr),
      """
      00000004  !type
      00000001  specdata1
      00000003  specdata2
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(objtype: .reg, objname: Array("n".utf8), createattrs: WireSample.fattr),
      """
      00000001  !type
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(objtype: .dir, objname: Array("n".utf8), createattrs: WireSample.fattr),
      """
      00000002  !type
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(objtype: .sock, objname: Array("n".utf8), createattrs: WireSample.fattr),
      """
      00000006  !type
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(objtype: .fifo, objname: Array("n".utf8), createattrs: WireSample.fattr),
      """
      00000007  !type
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(objtype: .attrdir, objname: Array("n".utf8), createattrs: WireSample.fattr),
      """
      00000008  !type
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
    try expectWire(
      CREATE4args(objtype: .namedattr, objname: Array("n".utf8), createattrs: WireSample.fattr),
      """
      00000009  !type
      00000001  !objname length
      6e000000  objname
      00000001  !createattrs.attrmask words
      00000010  createattrs.attrmask[0]
      00000008  !createattrs.attr_vals length
      0000000000001000  size
      """)
  }

  @Test("the result is that of the .x")
  func result() throws {
    try expectWire(
      CREATE4resok(cinfo: WireSample.cinfo, attrset: Bitmap4(0, 2)),
      """
      00000001  !cinfo.atomic
      0000000000000005  cinfo.before
      0000000000000006  cinfo.after
      00000002  !attrset words
      00000000  attrset[0]
      00000002  attrset[1]
      """)
  }
}
