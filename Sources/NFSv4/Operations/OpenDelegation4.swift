public import XDR

///     enum open_delegation_type4 {
///         OPEN_DELEGATE_NONE = 0, OPEN_DELEGATE_READ = 1, OPEN_DELEGATE_WRITE = 2,
///         OPEN_DELEGATE_NONE_EXT = 3
///     };
public enum OpenDelegationType4: UInt32, XDRCodable, Sendable {
  case OPEN_DELEGATE_NONE = 0
  case OPEN_DELEGATE_READ = 1
  case OPEN_DELEGATE_WRITE = 2
  case OPEN_DELEGATE_NONE_EXT = 3

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "open_delegation_type4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct open_read_delegation4 { stateid4 stateid; bool recall; nfsace4 permissions; };
public struct OpenReadDelegation4: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  /// Recalled already: the open was a reclaim.
  public var recall: Bool
  /// Who needs no ACCESS to open the file for reading.
  public var permissions: Nfsace4

  public init(stateid: Stateid4, recall: Bool, permissions: Nfsace4) {
    self.stateid = stateid
    self.recall = recall
    self.permissions = permissions
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    recall = try decoder.bool()
    permissions = try Nfsace4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.bool(recall)
    permissions.encode(to: &encoder)
  }
}

///     struct open_write_delegation4 {
///         stateid4 stateid; bool recall; nfs_space_limit4 space_limit; nfsace4 permissions;
///     };
public struct OpenWriteDelegation4: XDRCodable, Hashable, Sendable {
  public var stateid: Stateid4
  /// Recalled already: the open was a reclaim.
  public var recall: Bool
  /// How much may be written before the file has to be flushed at its close.
  public var spaceLimit: NfsSpaceLimit4
  /// Who needs no ACCESS to open the file.
  public var permissions: Nfsace4

  public init(stateid: Stateid4, recall: Bool, spaceLimit: NfsSpaceLimit4, permissions: Nfsace4) {
    self.stateid = stateid
    self.recall = recall
    self.spaceLimit = spaceLimit
    self.permissions = permissions
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    stateid = try Stateid4(from: &decoder)
    recall = try decoder.bool()
    spaceLimit = try NfsSpaceLimit4(from: &decoder)
    permissions = try Nfsace4(from: &decoder)
  }

  public func encode(to encoder: inout XDREncoder) {
    stateid.encode(to: &encoder)
    encoder.bool(recall)
    spaceLimit.encode(to: &encoder)
    permissions.encode(to: &encoder)
  }
}

///     enum limit_by4 { NFS_LIMIT_SIZE = 1, NFS_LIMIT_BLOCKS = 2 };
public enum LimitBy4: UInt32, XDRCodable, Sendable {
  case NFS_LIMIT_SIZE = 1
  case NFS_LIMIT_BLOCKS = 2

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "limit_by4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

///     struct nfs_modified_limit4 { uint32_t num_blocks; uint32_t bytes_per_block; };
public struct NfsModifiedLimit4: XDRCodable, Hashable, Sendable {
  public var numBlocks: UInt32
  public var bytesPerBlock: UInt32

  public init(numBlocks: UInt32, bytesPerBlock: UInt32) {
    self.numBlocks = numBlocks
    self.bytesPerBlock = bytesPerBlock
  }

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    numBlocks = try decoder.uint32()
    bytesPerBlock = try decoder.uint32()
  }

  public func encode(to encoder: inout XDREncoder) {
    encoder.uint32(numBlocks)
    encoder.uint32(bytesPerBlock)
  }
}

///     union nfs_space_limit4 switch (limit_by4 limitby) {
///         case NFS_LIMIT_SIZE:   uint64_t filesize;
///         case NFS_LIMIT_BLOCKS: nfs_modified_limit4 mod_blocks;
///     };
public enum NfsSpaceLimit4: XDRCodable, Hashable, Sendable {
  case filesize(UInt64)
  case modBlocks(NfsModifiedLimit4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try LimitBy4(from: &decoder) {
    case .NFS_LIMIT_SIZE: self = .filesize(try decoder.uint64())
    case .NFS_LIMIT_BLOCKS: self = .modBlocks(try NfsModifiedLimit4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .filesize(let value):
      LimitBy4.NFS_LIMIT_SIZE.encode(to: &encoder)
      encoder.uint64(value)
    case .modBlocks(let value):
      LimitBy4.NFS_LIMIT_BLOCKS.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}

///     enum why_no_delegation4 {
///         WND4_NOT_WANTED = 0, WND4_CONTENTION = 1, WND4_RESOURCE = 2, WND4_NOT_SUPP_FTYPE = 3,
///         WND4_WRITE_DELEG_NOT_SUPP_FTYPE = 4, WND4_NOT_SUPP_UPGRADE = 5,
///         WND4_NOT_SUPP_DOWNGRADE = 6, WND4_CANCELLED = 7, WND4_IS_DIR = 8
///     };
public enum WhyNoDelegation4: UInt32, XDRCodable, Sendable {
  case WND4_NOT_WANTED = 0
  case WND4_CONTENTION = 1
  case WND4_RESOURCE = 2
  case WND4_NOT_SUPP_FTYPE = 3
  case WND4_WRITE_DELEG_NOT_SUPP_FTYPE = 4
  case WND4_NOT_SUPP_UPGRADE = 5
  case WND4_NOT_SUPP_DOWNGRADE = 6
  case WND4_CANCELLED = 7
  case WND4_IS_DIR = 8

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    let value = try decoder.uint32()
    guard let known = Self(rawValue: value) else {
      throw .badEnumeration(type: "why_no_delegation4", value: value)
    }
    self = known
  }

  public func encode(to encoder: inout XDREncoder) { encoder.uint32(rawValue) }
}

/// Why there is no delegation.
///
///     union open_none_delegation4 switch (why_no_delegation4 ond_why) {
///         case WND4_CONTENTION: bool ond_server_will_push_deleg;
///         case WND4_RESOURCE:   bool ond_server_will_signal_avail;
///         default:              void;
///     };
public enum OpenNoneDelegation4: XDRCodable, Hashable, Sendable {
  case notWanted
  case contention(serverWillPushDeleg: Bool)
  case resource(serverWillSignalAvail: Bool)
  case notSuppFtype
  case writeDelegNotSuppFtype
  case notSuppUpgrade
  case notSuppDowngrade
  case cancelled
  case isDir

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try WhyNoDelegation4(from: &decoder) {
    case .WND4_NOT_WANTED: self = .notWanted
    case .WND4_CONTENTION: self = .contention(serverWillPushDeleg: try decoder.bool())
    case .WND4_RESOURCE: self = .resource(serverWillSignalAvail: try decoder.bool())
    case .WND4_NOT_SUPP_FTYPE: self = .notSuppFtype
    case .WND4_WRITE_DELEG_NOT_SUPP_FTYPE: self = .writeDelegNotSuppFtype
    case .WND4_NOT_SUPP_UPGRADE: self = .notSuppUpgrade
    case .WND4_NOT_SUPP_DOWNGRADE: self = .notSuppDowngrade
    case .WND4_CANCELLED: self = .cancelled
    case .WND4_IS_DIR: self = .isDir
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .notWanted: WhyNoDelegation4.WND4_NOT_WANTED.encode(to: &encoder)
    case .contention(let value):
      WhyNoDelegation4.WND4_CONTENTION.encode(to: &encoder)
      encoder.bool(value)
    case .resource(let value):
      WhyNoDelegation4.WND4_RESOURCE.encode(to: &encoder)
      encoder.bool(value)
    case .notSuppFtype: WhyNoDelegation4.WND4_NOT_SUPP_FTYPE.encode(to: &encoder)
    case .writeDelegNotSuppFtype:
      WhyNoDelegation4.WND4_WRITE_DELEG_NOT_SUPP_FTYPE.encode(to: &encoder)
    case .notSuppUpgrade: WhyNoDelegation4.WND4_NOT_SUPP_UPGRADE.encode(to: &encoder)
    case .notSuppDowngrade: WhyNoDelegation4.WND4_NOT_SUPP_DOWNGRADE.encode(to: &encoder)
    case .cancelled: WhyNoDelegation4.WND4_CANCELLED.encode(to: &encoder)
    case .isDir: WhyNoDelegation4.WND4_IS_DIR.encode(to: &encoder)
    }
  }
}

/// The delegation that came with an open, or why there is none.
///
///     union open_delegation4 switch (open_delegation_type4 delegation_type) {
///         case OPEN_DELEGATE_NONE:     void;
///         case OPEN_DELEGATE_READ:     open_read_delegation4 read;
///         case OPEN_DELEGATE_WRITE:    open_write_delegation4 write;
///         case OPEN_DELEGATE_NONE_EXT: open_none_delegation4 od_whynone;
///     };
public enum OpenDelegation4: XDRCodable, Hashable, Sendable {
  case none
  case read(OpenReadDelegation4)
  case write(OpenWriteDelegation4)
  case noneExt(OpenNoneDelegation4)

  public init(from decoder: inout XDRDecoder) throws(XDRError) {
    switch try OpenDelegationType4(from: &decoder) {
    case .OPEN_DELEGATE_NONE: self = .none
    case .OPEN_DELEGATE_READ: self = .read(try OpenReadDelegation4(from: &decoder))
    case .OPEN_DELEGATE_WRITE: self = .write(try OpenWriteDelegation4(from: &decoder))
    case .OPEN_DELEGATE_NONE_EXT: self = .noneExt(try OpenNoneDelegation4(from: &decoder))
    }
  }

  public func encode(to encoder: inout XDREncoder) {
    switch self {
    case .none: OpenDelegationType4.OPEN_DELEGATE_NONE.encode(to: &encoder)
    case .read(let value):
      OpenDelegationType4.OPEN_DELEGATE_READ.encode(to: &encoder)
      value.encode(to: &encoder)
    case .write(let value):
      OpenDelegationType4.OPEN_DELEGATE_WRITE.encode(to: &encoder)
      value.encode(to: &encoder)
    case .noneExt(let value):
      OpenDelegationType4.OPEN_DELEGATE_NONE_EXT.encode(to: &encoder)
      value.encode(to: &encoder)
    }
  }
}
