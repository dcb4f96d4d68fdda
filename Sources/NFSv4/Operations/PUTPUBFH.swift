/// Makes the public filehandle the current one (RFC 8881 §18.20).
public enum PUTPUBFH: NfsOperation {
  public typealias Arguments = Void4
  public typealias Resok = Void4
  public static let opnum = NfsOpnum4.OP_PUTPUBFH
}
