import Glibc

/// What all connections of a listener may make the process hold together: calls that are being
/// answered, answers that the other sides do not take, and requests that have not arrived whole.
///
/// One half is for calls and answers: a connection that has its share of it under way is not read
/// from, nor any when nothing is left. The other half is for requests: when it is gone, a request
/// of more than 64 KiB does not go on arriving. Connections that stand still are closed, sooner
/// when there is little left: see `StallClock`.
public final class ConnectionBudget: Sendable {
  /// 1 GiB, or an eighth of the machine's memory if that is less.
  public static var defaultBytes: Int {
    let memory = sysconf(Int32(_SC_PHYS_PAGES)).multipliedReportingOverflow(
      by: sysconf(Int32(_SC_PAGESIZE)))
    return memory.overflow || memory.partialValue <= 0
      ? 1 << 30 : min(1 << 30, memory.partialValue / 8)
  }

  /// Less than this lets nobody work.
  static let leastBytes = 16 << 20
  /// What a call is taken to need while it is being answered: the largest answer of a READ.
  static let callBytes = 1 << 20
  /// A request may always have so much, so that small ones need not wait for large ones.
  static let leastRequestBytes = 64 << 10

  let answers: ByteBudget
  let requests: ByteBudget

  /// - Parameter limitBytes: at least 16 MiB; less counts as that.
  public init(limitBytes: Int = ConnectionBudget.defaultBytes) {
    let limit = max(limitBytes, Self.leastBytes)
    answers = ByteBudget(limitBytes: limit / 2)
    requests = ByteBudget(limitBytes: limit / 2)
  }

  /// Bytes that connections hold now; calls without an answer yet count 1 MiB each.
  public var heldBytes: Int { answers.usedBytes + requests.usedBytes }
}
