/// What was refused for want of resources can be had now (RFC 8881 §20.7).
public enum CB_RECALLABLE_OBJ_AVAIL: NfsCbOperation {
  public typealias Arguments = CB_RECALLABLE_OBJ_AVAIL4args
  public typealias Resok = Void4
  public static let opnum = NfsCbOpnum4.OP_CB_RECALLABLE_OBJ_AVAIL
}

///     typedef CB_RECALL_ANY4args CB_RECALLABLE_OBJ_AVAIL4args;
public typealias CB_RECALLABLE_OBJ_AVAIL4args = CB_RECALL_ANY4args
