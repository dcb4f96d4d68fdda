/// Goes to the parent directory (RFC 8881 §18.14).
public enum LOOKUPP: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_LOOKUPP
}
