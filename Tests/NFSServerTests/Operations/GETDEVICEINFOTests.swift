import NFSServer
import NFSv4
import NIOCore
import Testing

@Suite struct GETDEVICEINFOTests {
  private let server = TestServer()

  private func arguments(
    _ deviceid: Deviceid4, type: Layouttype4 = .NFSV4_1_FILES, maxcount: UInt32 = 1 << 20,
    notify: Bitmap4 = Bitmap4(0b110)
  ) -> GETDEVICEINFO4args {
    GETDEVICEINFO4args(
      deviceId: deviceid, layoutType: type, maxcount: maxcount, notifyTypes: notify)
  }

  /// The device of a layout that a new client gets.
  private func device(_ client: TestClient) throws -> Deviceid4 {
    let file = server.tree.add("file")
    return try client.layout(file, try client.open(file).stateid).files().deviceid
  }

  @Test("a device that is not there, of another instance or of another type is refused")
  func refusals() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let deviceid = try device(client)
    let gone = Deviceid4(high: deviceid.high, low: deviceid.low + 1)
    let former = Deviceid4(high: deviceid.high ^ 1 << 32, low: deviceid.low)
    for (arguments, expected) in [
      (arguments(gone), Nfsstat4.NFS4ERR_NOENT), (arguments(former), .NFS4ERR_NOENT),
      (arguments(deviceid, type: .FLEX_FILES), .NFS4ERR_UNKNOWN_LAYOUTTYPE),
    ] {
      #expect(status { try client.run(GETDEVICEINFO.self, arguments) } == expected)
    }
  }

  @Test("what does not fit says how much it takes, and so much is enough")
  func tooSmall() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let deviceid = try device(client)
    let reply = server.reply(
      client.request { $0.append(GETDEVICEINFO.self, arguments(deviceid, maxcount: 10)) },
      caller: client.caller, connection: client.connection)
    var bytes = try #require(reply)
    var results = try CompoundResults(bytes)
    #expect(results.status == .NFS4ERR_TOOSMALL)
    _ = try results.next(SEQUENCE.self)
    #expect(status { _ = try results.next(GETDEVICEINFO.self) } == .NFS4ERR_TOOSMALL)
    try results.finish()
    bytes.moveReaderIndex(to: bytes.writerIndex - 4)
    let said = bytes.readInteger(as: UInt32.self)
    let needed = try #require(said)
    #expect(needed > 10)
    #expect(throws: Never.self) {
      try client.run(GETDEVICEINFO.self, arguments(deviceid, maxcount: needed))
    }
    #expect(
      status { try client.run(GETDEVICEINFO.self, arguments(deviceid, maxcount: needed - 1)) }
        == .NFS4ERR_TOOSMALL)
    let none = try client.run(GETDEVICEINFO.self, arguments(deviceid, maxcount: 0))
    #expect(none.deviceAddr.addrBody.readableBytes == 0)
  }

  @Test("the list names every data server, and the stripe index the one that was chosen")
  func list() throws {
    var servers: [String: UInt64] = [:]
    for host: UInt8 in 1...5 {
      let peer = try TestClient(server, "peer\(host)")
      servers["10.0.0.\(host).8.1"] = try peer.register(host).deviceid.low
    }
    for host: UInt8 in 1...5 {
      let client = try TestClient(server, "client\(host)", address: [10, 0, 0, host])
      let resok = try client.run(GETDEVICEINFO.self, arguments(try device(client)))
      #expect(resok.notification == Bitmap4(0b110))
      let list = try NfsvFileLayoutDsAddr4(xdr: resok.deviceAddr.addrBody)
      let texts = list.multipathDsList.map {
        $0.map { String(decoding: $0.addr, as: UTF8.self) }
      }
      #expect(Set(texts) == Set(servers.keys.map { [$0] }))
      try #require(list.stripeIndices.count == 1)
      #expect(texts[Int(list.stripeIndices[0])] == ["10.0.0.\(host).8.1"])
    }
  }

  @Test("only the notifications that were asked for are promised")
  func notifications() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server)
    let deviceid = try device(client)
    for (asked, given) in [
      (Bitmap4(), Bitmap4()), (Bitmap4(0b010), Bitmap4(0b010)), (Bitmap4(.max), Bitmap4(0b110)),
    ] {
      let resok = try client.run(GETDEVICEINFO.self, arguments(deviceid, notify: asked))
      #expect(resok.notification == given)
    }
  }

  @Test("of more than 256 data servers the list names 256, the chosen one among them")
  func many() throws {
    for number in 0..<300 {
      let peer = try TestClient(server, "peer\(number)")
      server.prove(peer.connection)
      try peer.run(
        REGISTER_DS.self, .test(addresses: ["10.1.\(number / 200).\(number % 200 + 1).8.1"]))
    }
    for host: UInt8 in [1, 77, 200] {
      let client = try TestClient(server, "client\(host)", address: [10, 1, 0, host])
      let resok = try client.run(GETDEVICEINFO.self, arguments(try device(client)))
      let list = try NfsvFileLayoutDsAddr4(xdr: resok.deviceAddr.addrBody)
      #expect(list.multipathDsList.count == 256)
      let chosen = list.multipathDsList[Int(try #require(list.stripeIndices.first))]
      #expect(chosen == [.tcp("10.1.0.\(host).8.1")])
    }
  }

  @Test("another set of data servers is another device")
  func generations() throws {
    try TestClient(server, "peer").register(9)
    let client = try TestClient(server, address: [10, 0, 0, 9])
    let first = try device(client)
    #expect(try device(client) == first)
    try TestClient(server, "other").register(8)
    let second = try device(client)
    #expect(second != first && second.low == first.low)
    #expect(throws: Never.self) { try client.run(GETDEVICEINFO.self, arguments(first)) }
  }
}
