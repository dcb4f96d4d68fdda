public import XDR

/// Tells a source that another server will copy from it (RFC 7862 §15.3).
public enum COPY_NOTIFY: NfsOperation {
  public typealias Arguments = COPY_NOTIFY4args
  public typealias Resok = COPY_NOTIFY4resok
  public static let opnum = NfsOpnum4.OP_COPY_NOTIFY
}

///     struct COPY_NOTIFY4args { stateid4 cna_src_stateid; netloc4 cna_destination_server; };
public struct COPY_NOTIFY4args: XDRCodable, Hashable, Sendable {
  public var srcStateid: Stateid4
  public var destinationServer: Netloc4

  public init(srcStateid: Stateid4, destinationServer: Netloc4) {
    self.srcStateid = srcStateid
    self.destinationServer = destinationServer
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    srcStateid = try Stateid4(from: &decoder)
    destinationServer = try Netloc4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    srcStateid.encode(to: &encoder)
    destinationServer.encode(to: &encoder)
  }
}

///     struct COPY_NOTIFY4resok {
///         nfstime4 cnr_lease_time; stateid4 cnr_stateid; netloc4 cnr_source_server<>;
///     };
public struct COPY_NOTIFY4resok: XDRCodable, Hashable, Sendable {
  public var leaseTime: Nfstime4
  public var stateid: Stateid4
  public var sourceServer: [Netloc4]

  public init(leaseTime: Nfstime4, stateid: Stateid4, sourceServer: [Netloc4]) {
    self.leaseTime = leaseTime
    self.stateid = stateid
    self.sourceServer = sourceServer
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    leaseTime = try Nfstime4(from: &decoder)
    stateid = try Stateid4(from: &decoder)
    sourceServer = try decoder.array(limit: Netloc4.countLimit, elementBytes: 8) {
      d throws(XDRError) in try Netloc4(from: &d)
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    leaseTime.encode(to: &encoder)
    stateid.encode(to: &encoder)
    encoder.array(sourceServer) { $0.encode(to: &$1) }
  }
}
