public import XDR

/// A client offers to serve as a data server. Sent by a peer to the metadata server, after
/// SEQUENCE.
///
/// No current filehandle: a registration belongs to the client id of the session, and ends with it
/// (lease expired, EXCHANGE_ID with a new verifier, DESTROY_CLIENTID), with UNREGISTER_DS, or when
/// the same client registers again. The server may name the peer in layouts from then on, and
/// refuses those that did not prove that they hold the cluster's key.
///
/// By status: why, then what the peer does.
///
/// - `NFS4_OK`: registered. Serves; puts the cookie's filehandles to work.
/// - `NFS4ERR_OP_ILLEGAL`: a server without these operations. Says so and stops.
/// - `NFS4ERR_NOTSUPP`: the server's policy wants no peers. Says so and stops.
/// - `NFS4ERR_PERM`, `NFS4ERR_ACCESS`: this host may not be one, or did not prove that it holds the
///   key. Proves it and tries once more, then says so and stops.
/// - `NFS4ERR_INVAL`: no address, or one that cannot be parsed; an unknown flag; no minor version.
///   Says so and stops.
/// - `NFS4ERR_CB_PATH_DOWN`: no backchannel works, so nothing could be recalled. Binds a connection
///   to it, tries again.
/// - `NFS4ERR_DELAY`, `NFS4ERR_GRACE`, `NFS4ERR_RESOURCE`: not now. Tries again later.
/// - `NFS4ERR_BADXDR`, `NFS4ERR_SERVERFAULT`, those of SEQUENCE: as everywhere. As everywhere.
public enum REGISTER_DS: NfsOperation {
  public typealias Arguments = REGISTER_DS4args
  public typealias Resok = REGISTER_DS4resok
  public static let opnum = NfsOpnum4.OP_REGISTER_DS
}

/// What kind of data server this is.
///
///     enum dsreg_flags4 {
///         DSREG4_READ_ONLY = 0x1,   /* always set: ad-hoc peers serve reads only */
///         DSREG4_HAS_CACHE = 0x2    /* serves only from cache; may refuse on a miss */
///     };
public struct DsregFlags4: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let READ_ONLY = DsregFlags4(rawValue: 0x1)
  public static let HAS_CACHE = DsregFlags4(rawValue: 0x2)
}

/// An address at which a data server listens (RFC 5665).
///
///     struct dsreg_addr4 {
///         netaddr4 dra_addr;        /* "tcp" or "tcp6", and a universal address with its port */
///     };
public struct DsregAddr4: XDRCodable, Hashable, Sendable {
  public var addr: Netaddr4

  public init(addr: Netaddr4) {
    self.addr = addr
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    addr = try Netaddr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    addr.encode(to: &encoder)
  }
}

///     struct REGISTER_DS4args {
///         verifier4     rda_verifier;       /* changes when the data server restarts */
///         uint32_t      rda_flags;
///         dsreg_addr4   rda_addrs<8>;       /* all lead to the same data server */
///         server_owner4 rda_server_owner;   /* what it answers in its own EXCHANGE_ID */
///         opaque        rda_server_scope<NFS4_OPAQUE_LIMIT>;
///         uint32_t      rda_minorversions;  /* it accepts: bit 1 = 4.1, bit 2 = 4.2 */
///         count4        rda_maxread;        /* bytes of one READ */
///         uint32_t      rda_weight;         /* load hint, 0 = unknown */
///         opaque        rda_name<128>;      /* the operator's name of the node */
///         opaque        rda_zone<128>;      /* where the node is; each may be empty: unknown */
///         opaque        rda_rack<128>;
///         opaque        rda_node<128>;
///         member1       rda_member;         /* its own number in the cluster's gossip */
///         netaddr4      rda_gossip;         /* "udp" or "udp6": where it gossips */
///     };
public struct REGISTER_DS4args: XDRCodable, Hashable, Sendable {
  /// Addresses of one data server.
  public static let addressLimit = 8
  /// Bytes of a name of a node, zone or rack.
  public static let nameLimitBytes = 128

  public var verifier: Verifier4
  public var flags: DsregFlags4
  public var addrs: [DsregAddr4]
  public var serverOwner: ServerOwner4
  public var serverScope: [UInt8]
  public var minorversions: UInt32
  public var maxread: UInt32
  public var weight: UInt32
  public var name: [UInt8]
  public var zone: [UInt8]
  public var rack: [UInt8]
  public var node: [UInt8]
  public var member: UInt64
  public var gossip: Netaddr4

  public init(
    verifier: Verifier4, flags: DsregFlags4, addrs: [DsregAddr4], serverOwner: ServerOwner4,
    serverScope: [UInt8], minorversions: UInt32, maxread: UInt32, weight: UInt32, name: [UInt8],
    zone: [UInt8], rack: [UInt8], node: [UInt8], member: UInt64, gossip: Netaddr4
  ) {
    self.verifier = verifier
    self.flags = flags
    self.addrs = addrs
    self.serverOwner = serverOwner
    self.serverScope = serverScope
    self.minorversions = minorversions
    self.maxread = maxread
    self.weight = weight
    self.name = name
    self.zone = zone
    self.rack = rack
    self.node = node
    self.member = member
    self.gossip = gossip
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    verifier = try decoder.uint64()
    flags = DsregFlags4(rawValue: try decoder.uint32())
    addrs = try decoder.array(limit: Self.addressLimit, elementBytes: 8) { d throws(XDRError) in
      try DsregAddr4(from: &d)
    }
    serverOwner = try ServerOwner4(from: &decoder)
    serverScope = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
    minorversions = try decoder.uint32()
    maxread = try decoder.uint32()
    weight = try decoder.uint32()
    name = try decoder.bytes(limit: Self.nameLimitBytes)
    zone = try decoder.bytes(limit: Self.nameLimitBytes)
    rack = try decoder.bytes(limit: Self.nameLimitBytes)
    node = try decoder.bytes(limit: Self.nameLimitBytes)
    member = try decoder.uint64()
    gossip = try Netaddr4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(verifier)
    encoder.uint32(flags.rawValue)
    encoder.array(addrs) { $0.encode(to: &$1) }
    serverOwner.encode(to: &encoder)
    encoder.opaque(serverScope)
    encoder.uint32(minorversions)
    encoder.uint32(maxread)
    encoder.uint32(weight)
    encoder.opaque(name)
    encoder.opaque(zone)
    encoder.opaque(rack)
    encoder.opaque(node)
    encoder.uint64(member)
    gossip.encode(to: &encoder)
  }
}

///     struct REGISTER_DS4resok {
///         stateid4  rdr_stateid;     /* the registration, for UNREGISTER_DS; seqid starts at 1 */
///         uint64_t  rdr_cookie;      /* stands in front of filehandles that lead here */
///         uint32_t  rdr_lease_time;  /* seconds: the server's lease, and the data server's own */
///         deviceid4 rdr_deviceid;    /* informational */
///         opaque    rdr_seal_key<32>;/* Ed25519: verifies the seals of blocks */
///         member1   rdr_member;      /* the server's own number in the cluster's gossip */
///         netaddr4  rdr_seeds<32>;   /* where to join the gossip: the server, then data servers;
///                                       an address of zeros is the server's own */
///         opaque    rdr_zone<128>;   /* where the server takes the data server to be */
///         opaque    rdr_rack<128>;
///         opaque    rdr_node<128>;
///     };
///     union REGISTER_DS4res switch (nfsstat4 rdr_status) {
///         case NFS4_OK: REGISTER_DS4resok rdr_resok4; default: void;
///     };
public struct REGISTER_DS4resok: XDRCodable, Hashable, Sendable {
  /// Members that a new one is told.
  public static let seedLimit = 32
  /// Bytes of the key that verifies seals.
  public static let sealKeyBytes = 32

  public var stateid: Stateid4
  public var cookie: UInt64
  public var leaseTime: UInt32
  public var deviceid: Deviceid4
  public var sealKey: [UInt8]
  public var member: UInt64
  public var seeds: [Netaddr4]
  public var zone: [UInt8]
  public var rack: [UInt8]
  public var node: [UInt8]

  public init(
    stateid: Stateid4, cookie: UInt64, leaseTime: UInt32, deviceid: Deviceid4, sealKey: [UInt8],
    member: UInt64, seeds: [Netaddr4], zone: [UInt8] = [], rack: [UInt8] = [], node: [UInt8] = []
  ) {
    self.stateid = stateid
    self.cookie = cookie
    self.leaseTime = leaseTime
    self.deviceid = deviceid
    self.sealKey = sealKey
    self.member = member
    self.seeds = seeds
    self.zone = zone
    self.rack = rack
    self.node = node
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    cookie = try decoder.uint64()
    leaseTime = try decoder.uint32()
    deviceid = try Deviceid4(from: &decoder)
    sealKey = try decoder.bytes(limit: Self.sealKeyBytes)
    member = try decoder.uint64()
    seeds = try decoder.array(limit: Self.seedLimit, elementBytes: 8) { d throws(XDRError) in
      try Netaddr4(from: &d)
    }
    zone = try decoder.bytes(limit: REGISTER_DS4args.nameLimitBytes)
    rack = try decoder.bytes(limit: REGISTER_DS4args.nameLimitBytes)
    node = try decoder.bytes(limit: REGISTER_DS4args.nameLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(cookie)
    encoder.uint32(leaseTime)
    deviceid.encode(to: &encoder)
    encoder.opaque(sealKey)
    encoder.uint64(member)
    encoder.array(seeds) { $0.encode(to: &$1) }
    encoder.opaque(zone)
    encoder.opaque(rack)
    encoder.opaque(node)
  }
}
