public import XDR

///     enum netloc_type4 { NL4_NAME = 1, NL4_URL = 2, NL4_NETADDR = 3 };
public enum NetlocType4: UInt32, XDRCodable, Sendable {
  case NL4_NAME = 1
  case NL4_URL = 2
  case NL4_NETADDR = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "netloc_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// Where a server is (RFC 7862 §15.2, §15.3).
///
///     union netloc4 switch (netloc_type4 nl_type) {
///         case NL4_NAME:    utf8str_cis nl_name;
///         case NL4_URL:     utf8str_cis nl_url;
///         case NL4_NETADDR: netaddr4 nl_addr;
///     };
public enum Netloc4: XDRCodable, Hashable, Sendable {
  case name([UInt8])
  case url([UInt8])
  case addr(Netaddr4)

  /// Places of one list that are read.
  public static let countLimit = 64

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try NetlocType4(from: &decoder) {
    case .NL4_NAME: self = .name(try decoder.bytes(limit: NFS4.OPAQUE_LIMIT))
    case .NL4_URL: self = .url(try decoder.bytes(limit: NFS4.componentLimitBytes))
    case .NL4_NETADDR: self = .addr(try Netaddr4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .name(let value):
      NetlocType4.NL4_NAME.encode(to: &encoder)
      encoder.opaque(value)
    case .url(let value):
      NetlocType4.NL4_URL.encode(to: &encoder)
      encoder.opaque(value)
    case .addr(let value):
      NetlocType4.NL4_NETADDR.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}
