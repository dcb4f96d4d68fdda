import Settings
import Testing

@Suite struct ByteSizeTests {
  @Test(
    "sizes read with binary and decimal units",
    arguments: [
      ("0", 0), ("4096", 4096), ("1B", 1), ("512MiB", 512 << 20), ("512 MiB", 512 << 20),
      ("1GB", 1_000_000_000), ("2kB", 2000), ("8191PiB", 8191 << 50),
      ("9223372036854775807", Int.max),
    ])
  func good(_ text: String, _ bytes: Int) {
    #expect(ByteSize(text)?.bytes == bytes)
  }

  @Test(
    "what is no size is refused, also what does not fit",
    arguments: [
      "", " ", "MiB", "1K", "1M", "1mib", "1.5GiB", "-1", "+1", "1_000", "0x10", " 1", "1 ",
      "1  MiB", "1 M iB", "8192PiB", "9223372036854775808", "٣", "1MiB2",
    ])
  func bad(_ text: String) {
    #expect(ByteSize(text) == nil)
  }

  @Test("a size is shown in the largest unit that divides it")
  func shown() {
    #expect(ByteSize(bytes: 512 << 20).description == "512MiB")
    #expect(ByteSize(bytes: 1 << 40).description == "1TiB")
    #expect(ByteSize(bytes: 1536).description == "1536")
    #expect(ByteSize(bytes: 0).description == "0")
  }
}

@Suite struct DurationTextTests {
  @Test(
    "durations read with their unit",
    arguments: [
      ("500us", Duration.microseconds(500)), ("500ms", .milliseconds(500)), ("90s", .seconds(90)),
      ("2m", .seconds(120)), ("6h", .seconds(21_600)), ("7d", .seconds(604_800)),
    ])
  func good(_ text: String, _ duration: Duration) {
    #expect(Duration(configurationText: text) == duration)
  }

  @Test(
    "what is no duration is refused",
    arguments: [
      "", "90", "s", "-1s", "1.5s", "1 s", "1S", "1w", "99999999999999999999d",
      "9007199254740993d",
    ])
  func bad(_ text: String) {
    #expect(Duration(configurationText: text) == nil)
  }
}

@Suite struct CIDRTests {
  @Test(
    "a range holds its addresses and no others",
    arguments: [
      ("10.0.0.0/8", [UInt8]([10, 255, 255, 255]), true),
      ("10.0.0.0/8", [11, 0, 0, 0], false),
      ("0.0.0.0/0", [255, 0, 0, 1], true),
      ("192.0.2.7", [192, 0, 2, 7], true),
      ("192.0.2.7", [192, 0, 2, 6], false),
      ("192.0.2.6/31", [192, 0, 2, 7], true),
      ("10.0.0.0/8", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3], true),
      ("::ffff:10.0.0.0/104", [10, 1, 2, 3], true),
      ("2001:db8::/32", [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], true),
      ("2001:db8::/32", [0x20, 1, 0x0d, 0xb9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], false),
      ("::/0", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], true),
      ("::/0", [10, 0, 0, 1], false),
      ("0.0.0.0/0", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], false),
      ("10.0.0.0/8", [10, 0, 0], false),
      ("0.0.0.0/0", [], false),
    ])
  func contains(_ range: String, _ address: [UInt8], _ expected: Bool) throws {
    #expect(try #require(CIDR(range)).contains(addressBytes: address) == expected)
  }

  @Test(
    "what is no range is refused",
    arguments: [
      "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10/8",
      "10.0.0/8", "::/129", "::1/64", "fe80::1%eth0", "[::1]", "10.0.0.0/8/8", "host",
      "::ffff:10.0.0.0/95", "10.0.0.0/0008",
    ])
  func bad(_ text: String) {
    #expect(CIDR(text) == nil)
  }

  @Test("a range is shown as it is read", arguments: ["10.0.0.0/8", "192.0.2.7", "2001:db8::/32"])
  func shown(_ text: String) {
    #expect(CIDR(text)?.description == text)
  }

  @Test("everyone is every IPv4 and IPv6 address")
  func everyone() {
    #expect(CIDR.everyone.map(\.description) == ["0.0.0.0/0", "::/0"])
  }
}

@Suite struct EndpointTests {
  @Test(
    "an endpoint is shown as it is read",
    arguments: [
      "0.0.0.0:2049", "[::]:2049", "127.0.0.1:0", "mds.example:65535", "a_b-c:1",
      "[2001:db8::1]:7946",
    ])
  func good(_ text: String) {
    #expect(Endpoint(text)?.description == text)
  }

  @Test(
    "what is no endpoint is refused",
    arguments: [
      "", ":", ":2049", "host:", "host", "host:65536", "host:-1", "host:+1", "host:2049x",
      "::1:2049", "[::1]", "[::1]2049", "[10.0.0.1]:1", "[host]:1", "1.2.3:1", "1.2.3.4.5:1",
      "-a:1", "a-:1", "a..b:1", "a b:1", "ä:1", "host:000001",
    ])
  func bad(_ text: String) {
    #expect(Endpoint(text) == nil)
  }

  @Test("with a default port, the host may stand alone")
  func defaultPort() {
    #expect(Endpoint("mds", defaultPort: 2049) == Endpoint(host: "mds", port: 2049))
    #expect(Endpoint("::1", defaultPort: 2049) == Endpoint(host: "::1", port: 2049))
    #expect(Endpoint("[::1]", defaultPort: 2049) == Endpoint(host: "::1", port: 2049))
    #expect(Endpoint("[::1]:1", defaultPort: 2049) == Endpoint(host: "::1", port: 1))
    #expect(Endpoint("10.0.0.1", defaultPort: 2049) == Endpoint(host: "10.0.0.1", port: 2049))
  }
}

@Suite struct GlobTests {
  @Test(
    "a pattern matches",
    arguments: [
      ("**", "a/b/c"), ("*", "a"), ("*.so", "lib/deep/libc.so"), ("*.so", "libc.so"),
      ("lib/**/*.so*", "lib/libc.so.6"), ("lib/**/*.so*", "lib/x/y/libc.so.6"),
      ("lib/**", "lib/x/y"), ("**/b/**/d", "a/b/c/b/d"), ("/a", "a"), ("a?c", "abc"),
      ("[a-c]x", "bx"), ("[!a-c]x", "dx"), ("[]a]", "]"), ("[a-]", "-"), ("\\*", "*"),
      ("*a*b*c", "xxaxxbxxc"), ("a/*/c", "a/b/c"), ("**/**/x", "x"),
    ])
  func matches(_ pattern: String, _ path: String) throws {
    #expect(try #require(Glob(pattern)).matches(path))
  }

  @Test(
    "a pattern does not match",
    arguments: [
      ("/*.so", "lib/libc.so"), ("lib/*", "lib/x/y"), ("*.so", "libc.so.6"), ("a?c", "a/c"),
      ("lib/**/x", "lib/y"), ("[a-c]x", "dx"), ("[!a-c]x", "ax"), ("a", "A"),
      ("a/b", "x/a/b"), ("*a*b*c", "xxaxxcxxb"), ("\\*", "a"),
    ])
  func doesNotMatch(_ pattern: String, _ path: String) throws {
    #expect(try !#require(Glob(pattern)).matches(path))
  }

  @Test(
    "what is no pattern is refused", arguments: ["", "a//b", "a/", "/", "[a", "[", "a\\", "[z-a]"])
  func bad(_ text: String) {
    #expect(Glob(text) == nil)
  }

  @Test("a pattern made to be slow takes no longer than pattern times path")
  func hostile() throws {
    let pattern = String(repeating: "*a", count: 500) + "b"
    #expect(try !#require(Glob(pattern)).matches(String(repeating: "a", count: 4000)))
    let deep = String(repeating: "**/a/", count: 200) + "b"
    #expect(
      try !#require(Glob(deep)).matches(String(repeating: "a/", count: 2000) + "c"))
  }
}
