/// `enum nfs_cb_opnum4` (RFC 8881 §20, RFC 7862 §16), and the callback to a data server.
public enum NfsCbOpnum4: UInt32, Sendable {
  case OP_CB_GETATTR = 3
  case OP_CB_RECALL = 4
  case OP_CB_LAYOUTRECALL = 5
  case OP_CB_NOTIFY = 6
  case OP_CB_PUSH_DELEG = 7
  case OP_CB_RECALL_ANY = 8
  case OP_CB_RECALLABLE_OBJ_AVAIL = 9
  case OP_CB_RECALL_SLOT = 10
  case OP_CB_SEQUENCE = 11
  case OP_CB_WANTS_CANCELLED = 12
  case OP_CB_NOTIFY_LOCK = 13
  case OP_CB_NOTIFY_DEVICEID = 14
  case OP_CB_OFFLOAD = 15
  case OP_CB_ILLEGAL = 10044
  case OP_CB_PROXY_REVOKE = 0x5032_5001
}
