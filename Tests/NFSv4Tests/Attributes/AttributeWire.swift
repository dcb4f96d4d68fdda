import NFSv4
import NIOCore
import XDR

/// Attributes with the strictness of their decoder.
struct AttributeWire: XDRCodable, Equatable {
  var attributes = FileAttributes()

  init(_ change: (inout FileAttributes) -> Void) { change(&attributes) }

  init(from decoder: inout XDRDecoder) throws(XDRError) {
    attributes = try FileAttributes(decoding: try Fattr4(from: &decoder))
  }

  func encode(to encoder: inout XDREncoder) {
    attributes.encode(mask: FileAttributes.known, to: &encoder)
  }

  /// Every attribute there is a field for, each with another value.
  static let all = AttributeWire { all in
    all.supportedAttrs = Bitmap4(3, 0, 4)
    all.type = .NF4LNK
    all.fhExpireType = 2
    all.change = 0x0102_0304_0506_0708
    all.size = 4096
    all.linkSupport = true
    all.symlinkSupport = false
    all.namedAttr = true
    all.fsid = Fsid4(major: 1, minor: 2)
    all.uniqueHandles = true
    all.leaseTime = 90
    all.rdattrError = .NFS4ERR_ACCESS
    all.acl = [WireSample.ace]
    all.aclsupport = 3
    all.cansettime = true
    all.caseInsensitive = false
    all.casePreserving = true
    all.chownRestricted = true
    all.filehandle = NfsFh4(ByteBuffer(bytes: [1, 2, 3, 4, 5]))
    all.fileid = 20
    all.filesAvail = 21
    all.filesFree = 22
    all.filesTotal = 23
    all.homogeneous = true
    all.maxfilesize = 27
    all.maxlink = 28
    all.maxname = 255
    all.maxread = 1 << 20
    all.maxwrite = 1 << 21
    all.mode = 0o755
    all.noTrunc = true
    all.numlinks = 35
    all.owner = .id(1000)
    all.ownerGroup = .name(Array("wheel@example".utf8))
    all.quotaAvailHard = 38
    all.quotaAvailSoft = 39
    all.quotaUsed = 40
    all.rawdev = Specdata4(specdata1: 8, specdata2: 1)
    all.spaceAvail = 42
    all.spaceFree = 43
    all.spaceTotal = 44
    all.spaceUsed = 45
    all.timeAccess = Nfstime4(seconds: 47, nseconds: 1)
    all.timeAccessSet = .clientTime(Nfstime4(seconds: 48, nseconds: 2))
    all.timeCreate = Nfstime4(seconds: 50, nseconds: 3)
    all.timeDelta = Nfstime4(seconds: 0, nseconds: 1)
    all.timeMetadata = Nfstime4(seconds: 52, nseconds: 4)
    all.timeModify = Nfstime4(seconds: -1, nseconds: 5)
    all.timeModifySet = .serverTime
    all.mountedOnFileid = 55
    all.fsLayoutTypes = [1, 4]
    all.layoutTypes = [1]
    all.layoutBlksize = 65536
    all.layoutAlignment = 4096
    all.mdsthreshold = [
      ThresholdItem4(layoutType: 1, hintset: Bitmap4(1), hintlist: [0, 0, 0, 0, 0, 0, 16, 0])
    ]
    all.modeSetMasked = ModeMasked4(valueToSet: 0o22, maskBits: 0o777)
    all.suppattrExclcreat = Bitmap4(0x10)
    all.fsCharsetCap = 1
    all.cloneBlksize = 4096
    all.spaceFreed = 78
    all.changeAttrType = .NFS4_CHANGE_TYPE_IS_VERSION_COUNTER
    all.modeUmask = ModeUmask4(mode: 0o666, umask: 0o22)
    all.xattrSupport = true
  }
}
