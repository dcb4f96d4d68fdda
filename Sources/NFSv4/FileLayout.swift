public import XDR

/// Stripe unit size and packing in one word (RFC 8881 §13.3).
///
///     const NFL4_UFLG_MASK = 0x0000003F;
///     const NFL4_UFLG_DENSE = 0x00000001;
///     const NFL4_UFLG_COMMIT_THRU_MDS = 0x00000002;
///     const NFL4_UFLG_STRIPE_UNIT_SIZE_MASK = 0xFFFFFFC0;
///     typedef uint32_t nfl_util4;
public struct NflUtil4: OptionSet, Hashable, Sendable {
  public let rawValue: UInt32
  public init(rawValue: UInt32) { self.rawValue = rawValue }
  public static let DENSE = NflUtil4(rawValue: 0x1)
  public static let COMMIT_THRU_MDS = NflUtil4(rawValue: 0x2)

  /// The bits that are flags.
  public static let flagMask: UInt32 = 0x3F

  /// - Parameters:
  ///   - stripeUnitBytes: a multiple of 64.
  ///   - flags: `DENSE`, `COMMIT_THRU_MDS` or nothing.
  public init(stripeUnitBytes: UInt32, flags: NflUtil4 = []) {
    precondition(stripeUnitBytes & Self.flagMask == 0, "stripe unit of \(stripeUnitBytes) bytes")
    rawValue = stripeUnitBytes | flags.rawValue & Self.flagMask
  }

  /// Bytes; a multiple of 64.
  public var stripeUnitBytes: UInt32 { rawValue & ~Self.flagMask }
}

/// Which data servers have a file, and under which names (RFC 8881 §13.3).
///
///     struct nfsv4_1_file_layout4 {
///         deviceid4 nfl_deviceid; nfl_util4 nfl_util; uint32_t nfl_first_stripe_index;
///         offset4 nfl_pattern_offset; nfs_fh4 nfl_fh_list<>;
///     };
public struct NfsvFileLayout4: XDRCodable, Hashable, Sendable {
  /// Filehandles that are read: what a stock client takes.
  public static let filehandleLimit = 4096

  public var deviceid: Deviceid4
  public var util: NflUtil4
  public var firstStripeIndex: UInt32
  public var patternOffset: UInt64
  /// Sparse packing: none, one, or one for each entry of the device's multipath list.
  public var fhList: [NfsFh4]

  public init(
    deviceid: Deviceid4, util: NflUtil4, firstStripeIndex: UInt32, patternOffset: UInt64,
    fhList: [NfsFh4]
  ) {
    self.deviceid = deviceid
    self.util = util
    self.firstStripeIndex = firstStripeIndex
    self.patternOffset = patternOffset
    self.fhList = fhList
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    deviceid = try Deviceid4(from: &decoder)
    util = NflUtil4(rawValue: try decoder.uint32())
    firstStripeIndex = try decoder.uint32()
    patternOffset = try decoder.uint64()
    fhList = try decoder.array(limit: Self.filehandleLimit) { d throws(XDRError) in
      try NfsFh4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    deviceid.encode(to: &encoder)
    encoder.uint32(util.rawValue)
    encoder.uint32(firstStripeIndex)
    encoder.uint64(patternOffset)
    encoder.array(fhList) { $0.encode(to: &$1) }
  }
}

/// A device of file layouts: data servers, and how files are striped over them (RFC 8881 §13.3).
///
///     typedef netaddr4 multipath_list4<>;
///     struct nfsv4_1_file_layout_ds_addr4 {
///         uint32_t nflda_stripe_indices<>; multipath_list4 nflda_multipath_ds_list<>;
///     };
public struct NfsvFileLayoutDsAddr4: XDRCodable, Hashable, Sendable {
  /// Stripe indices that are read: what a stock client takes.
  public static let stripeLimit = 4096
  /// Data servers that are read. A stock client takes 256.
  public static let dataServerLimit = 4096
  /// Addresses of one data server that are read.
  public static let pathLimit = 64

  /// Each an index into `multipathDsList`, which is to be checked by who uses them.
  public var stripeIndices: [UInt32]
  /// One entry a data server: all addresses of an entry lead to the same one.
  public var multipathDsList: [[Netaddr4]]

  public init(stripeIndices: [UInt32], multipathDsList: [[Netaddr4]]) {
    self.stripeIndices = stripeIndices
    self.multipathDsList = multipathDsList
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stripeIndices = try decoder.array(limit: Self.stripeLimit) { d throws(XDRError) in
      try d.uint32()
    }
    multipathDsList = try decoder.array(limit: Self.dataServerLimit) { d throws(XDRError) in
      try d.array(limit: Self.pathLimit, elementBytes: 8) { d throws(XDRError) in
        try Netaddr4(from: &d)
      }
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.array(stripeIndices) { $1.uint32($0) }
    encoder.array(multipathDsList) { $1.array($0) { $0.encode(to: &$1) } }
  }
}

/// What a client would like of a new file's layout (RFC 8881 §13.3).
///
///     struct nfsv4_1_file_layouthint4 {
///         uint32_t nflh_care; nfl_util4 nflh_util; count4 nflh_stripe_count;
///     };
public struct NfsvFileLayouthint4: XDRCodable, Hashable, Sendable {
  /// Which of the rest are meant: 0x1 dense, 0x2 commit, 0x40 unit, 0x80 count.
  public var care: UInt32
  public var util: NflUtil4
  public var stripeCount: UInt32

  public init(care: UInt32, util: NflUtil4, stripeCount: UInt32) {
    self.care = care
    self.util = util
    self.stripeCount = stripeCount
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    care = try decoder.uint32()
    util = NflUtil4(rawValue: try decoder.uint32())
    stripeCount = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(care)
    encoder.uint32(util.rawValue)
    encoder.uint32(stripeCount)
  }
}
