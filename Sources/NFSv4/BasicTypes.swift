public import NIOCore
public import XDR

/// Nothing: the results of operations that return a status only.
public struct Void4: XDRCodable, Hashable, Sendable {
  public init() {}
  public init(from decoder: inout XDRDecoder) throws(XDRError) {}
  public func encode(to encoder: inout XDREncoder) {}
}

/// A filehandle, opaque to whoever did not make it.
///
///     typedef opaque nfs_fh4<NFS4_FHSIZE>;
///
/// Decoded handles share the request's storage: use `detached()` for what is kept.
public struct NfsFh4: XDRCodable, Hashable, Sendable {
  public var bytes: ByteBuffer

  /// - Parameter bytes: at most 128 bytes.
  public init(_ bytes: ByteBuffer) { self.bytes = bytes }

  @inlinable public init(from decoder: inout XDRDecoder) throws(XDRError) {
    bytes = try decoder.opaque(limit: NFS4.FHSIZE)
  }

  @inlinable public func encode(to encoder: inout XDREncoder) { encoder.opaque(bytes) }

  /// The same handle in storage of its own.
  public func detached() -> NfsFh4 { NfsFh4(ByteBuffer(bytes: bytes.readableBytesView)) }
}

/// A state id: which open, lock, delegation or layout, and which change of it.
///
///     struct stateid4 { uint32_t seqid; opaque other[NFS4_OTHER_SIZE]; };
public struct Stateid4: XDRCodable, Hashable, Sendable {
  public var seqid: UInt32
  public var other: StateidOther

  @inlinable public init(seqid: UInt32, other: StateidOther) {
    self.seqid = seqid
    self.other = other
  }

  @inlinable public init(from decoder: inout XDRDecoder) throws(XDRError) {
    seqid = try decoder.uint32()
    other = try StateidOther(from: &decoder)
  }

  @inlinable public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(seqid)
    other.encode(to: &encoder)
  }

  /// The special stateids (RFC 8881 §8.2.3).
  public static let anonymous = Stateid4(seqid: 0, other: .zero)
  public static let readBypass = Stateid4(seqid: .max, other: .ones)
  /// "The current stateid" of the COMPOUND.
  public static let current = Stateid4(seqid: 1, other: .zero)
  public static let invalid = Stateid4(seqid: .max, other: .zero)
}

/// The 12 bytes of a stateid that name the state, whatever its seqid.
public struct StateidOther: XDRCodable, Hashable, Sendable {
  public var high: UInt64
  public var low: UInt32

  @inlinable public init(high: UInt64, low: UInt32) {
    self.high = high
    self.low = low
  }

  @inlinable public init(from decoder: inout XDRDecoder) throws(XDRError) {
    high = try decoder.uint64()
    low = try decoder.uint32()
  }

  @inlinable public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(high)
    encoder.uint32(low)
  }

  public static let zero = StateidOther(high: 0, low: 0)
  public static let ones = StateidOther(high: .max, low: .max)
}

/// `typedef opaque sessionid4[NFS4_SESSIONID_SIZE];`
public struct Sessionid4: XDRCodable, Hashable, Sendable {
  public var high: UInt64
  public var low: UInt64

  @inlinable public init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  @inlinable public init(from decoder: inout XDRDecoder) throws(XDRError) {
    high = try decoder.uint64()
    low = try decoder.uint64()
  }

  @inlinable public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(high)
    encoder.uint64(low)
  }
}

/// `typedef opaque deviceid4[NFS4_DEVICEID4_SIZE];`
public typealias Deviceid4 = Sessionid4

/// `typedef opaque verifier4[NFS4_VERIFIER_SIZE];`
public typealias Verifier4 = UInt64
/// `typedef uint64_t clientid4;`
public typealias Clientid4 = UInt64
/// `typedef uint64_t changeid4;`
public typealias Changeid4 = UInt64

///     struct nfstime4 { int64_t seconds; uint32_t nseconds; };
public struct Nfstime4: XDRCodable, Hashable, Sendable {
  public var seconds: Int64
  public var nseconds: UInt32

  public init(seconds: Int64, nseconds: UInt32) {
    self.seconds = seconds
    self.nseconds = nseconds
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    seconds = try decoder.int64()
    nseconds = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.int64(seconds)
    encoder.uint32(nseconds)
  }
}

///     struct client_owner4 { verifier4 co_verifier; opaque co_ownerid<NFS4_OPAQUE_LIMIT>; };
public struct ClientOwner4: XDRCodable, Hashable, Sendable {
  public var verifier: Verifier4
  public var ownerid: [UInt8]

  public init(verifier: Verifier4, ownerid: [UInt8]) {
    self.verifier = verifier
    self.ownerid = ownerid
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    verifier = try decoder.uint64()
    ownerid = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(verifier)
    encoder.opaque(ownerid)
  }
}

///     struct state_owner4 { clientid4 clientid; opaque owner<NFS4_OPAQUE_LIMIT>; };
public struct StateOwner4: XDRCodable, Hashable, Sendable {
  public var clientid: Clientid4
  public var owner: [UInt8]

  public init(clientid: Clientid4, owner: [UInt8]) {
    self.clientid = clientid
    self.owner = owner
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    clientid = try decoder.uint64()
    owner = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(clientid)
    encoder.opaque(owner)
  }
}

///     struct server_owner4 { uint64_t so_minor_id; opaque so_major_id<NFS4_OPAQUE_LIMIT>; };
public struct ServerOwner4: XDRCodable, Hashable, Sendable {
  public var minorId: UInt64
  public var majorId: [UInt8]

  public init(minorId: UInt64, majorId: [UInt8]) {
    self.minorId = minorId
    self.majorId = majorId
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    minorId = try decoder.uint64()
    majorId = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(minorId)
    encoder.opaque(majorId)
  }
}

///     struct nfs_impl_id4 { utf8str_cis nii_domain; utf8str_cs nii_name; nfstime4 nii_date; };
public struct NfsImplId4: XDRCodable, Hashable, Sendable {
  public var domain: [UInt8]
  public var name: [UInt8]
  public var date: Nfstime4

  public init(domain: [UInt8], name: [UInt8], date: Nfstime4) {
    self.domain = domain
    self.name = name
    self.date = date
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    domain = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
    name = try decoder.bytes(limit: NFS4.OPAQUE_LIMIT)
    date = try Nfstime4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(domain)
    encoder.opaque(name)
    date.encode(to: &encoder)
  }
}

/// A universal address (RFC 5665).
///
///     struct netaddr4 { string na_r_netid<>; string na_r_addr<>; };
public struct Netaddr4: XDRCodable, Hashable, Sendable {
  static let netidLimitBytes = 32
  static let addrLimitBytes = 128

  public var netid: [UInt8]
  public var addr: [UInt8]

  public init(netid: [UInt8], addr: [UInt8]) {
    self.netid = netid
    self.addr = addr
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    netid = try decoder.bytes(limit: Self.netidLimitBytes)
    addr = try decoder.bytes(limit: Self.addrLimitBytes)
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.opaque(netid)
    encoder.opaque(addr)
  }
}

///     struct change_info4 { bool atomic; changeid4 before; changeid4 after; };
public struct ChangeInfo4: XDRCodable, Hashable, Sendable {
  public var atomic: Bool
  public var before: Changeid4
  public var after: Changeid4

  public init(atomic: Bool, before: Changeid4, after: Changeid4) {
    self.atomic = atomic
    self.before = before
    self.after = after
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    atomic = try decoder.bool()
    before = try decoder.uint64()
    after = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(atomic)
    encoder.uint64(before)
    encoder.uint64(after)
  }
}
