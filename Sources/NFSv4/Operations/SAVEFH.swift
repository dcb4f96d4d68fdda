/// Saves the current filehandle (RFC 8881 §18.28).
public enum SAVEFH: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_SAVEFH
}
