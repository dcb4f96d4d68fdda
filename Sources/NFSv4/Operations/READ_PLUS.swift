public import NIOCore
public import XDR

/// Reads from a file and tells its holes from its data (RFC 7862 §15.10).
public enum READ_PLUS: NfsOperation {
  public typealias Arguments = READ_PLUS4args
  public typealias Resok = ReadPlusRes4
  public static let opnum = NfsOpnum4.OP_READ_PLUS
}

///     struct READ_PLUS4args { stateid4 rpa_stateid; offset4 rpa_offset; count4 rpa_count; };
public struct READ_PLUS4args: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  public var offset: UInt64
  /// Bytes.
  public var count: UInt32

  public init(stateid: Stateid4, offset: UInt64, count: UInt32) {
    self.stateid = stateid
    self.offset = offset
    self.count = count
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    offset = try decoder.uint64()
    count = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.uint64(offset)
    encoder.uint32(count)
  }
}

///     struct read_plus_res4 { bool rpr_eof; read_plus_content rpr_contents<>; };
public struct ReadPlusRes4: XDRCodable, Hashable, Sendable {
  /// Contents that are read.
  public static let countLimit = 4096

  public var eof: Bool
  public var contents: [ReadPlusContent]

  public init(eof: Bool, contents: [ReadPlusContent]) {
    self.eof = eof
    self.contents = contents
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    eof = try decoder.bool()
    contents = try decoder.array(limit: Self.countLimit, elementBytes: 16) { d throws(XDRError) in
      try ReadPlusContent(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.bool(eof)
    encoder.array(contents) { $0.encode(to: &$1) }
  }
}

/// Data or a hole.
///
///     enum data_content4 { NFS4_CONTENT_DATA = 0, NFS4_CONTENT_HOLE = 1 };
public enum DataContent4: UInt32, XDRCodable, Sendable {
  case NFS4_CONTENT_DATA = 0
  case NFS4_CONTENT_HOLE = 1

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "data_content4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     union read_plus_content switch (data_content4 rpc_content) {
///         case NFS4_CONTENT_DATA: data4 rpc_data;
///         case NFS4_CONTENT_HOLE: data_info4 rpc_hole;
///         default:                void;
///     };
public enum ReadPlusContent: XDRCodable, Hashable, Sendable {
  case data(Data4)
  case hole(DataInfo4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try DataContent4(from: &decoder) {
    case .NFS4_CONTENT_DATA: self = .data(try Data4(from: &decoder))
    case .NFS4_CONTENT_HOLE: self = .hole(try DataInfo4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .data(let value):
      DataContent4.NFS4_CONTENT_DATA.encode(to: &encoder)
      value.encode(to: &encoder)
    case .hole(let value):
      DataContent4.NFS4_CONTENT_HOLE.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}

/// A piece of a file, at most `NFS4.payloadLimitBytes`.
///
///     struct data4 { offset4 d_offset; opaque d_data<>; };
public struct Data4: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  /// The data in pieces, in their order. Large ones are referenced, not copied, when encoded; what
  /// is decoded is one slice of the reply, or none where there is no data.
  public var data: [ByteBuffer]

  public init(offset: UInt64, data: [ByteBuffer]) {
    self.offset = offset
    self.data = data
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    let slice = try decoder.opaque(limit: NFS4.payloadLimitBytes)
    data = slice.readableBytes == 0 ? [] : [slice]
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.opaqueSlices(data)
  }
}

/// A hole.
///
///     struct data_info4 { offset4 di_offset; length4 di_length; };
public struct DataInfo4: XDRCodable, Hashable, Sendable {
  public var offset: UInt64
  /// Bytes.
  public var length: UInt64

  public init(offset: UInt64, length: UInt64) {
    self.offset = offset
    self.length = length
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    offset = try decoder.uint64()
    length = try decoder.uint64()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint64(offset)
    encoder.uint64(length)
  }
}
