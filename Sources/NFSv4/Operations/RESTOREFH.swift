/// Makes the saved filehandle the current one (RFC 8881 §18.27).
public enum RESTOREFH: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_RESTOREFH
}
