/// Makes the root the current filehandle (RFC 8881 §18.21).
public enum PUTROOTFH: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_PUTROOTFH
}
