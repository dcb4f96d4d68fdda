/// Whether a node does its work.
public enum Health: Hashable, Sendable {
  /// It serves.
  case healthy
  /// It does not, or not fully; the reason is one line for the operator.
  case unhealthy(reason: String)
}

/// What a role tells its operator. Each function is called for each request, from any thread, and
/// must neither block nor wait.
public protocol AdminSource: Sendable {
  /// For `GET /v1/status`.
  func status() -> StatusDocument
  /// For `GET /metrics`, in the order they are to be shown.
  func metrics() -> [MetricFamily]
  /// For `GET /healthz`.
  func health() -> Health
  /// For `POST /v1/NAME`; who asks has shown the token.
  func perform(_ action: AdminAction) async -> AdminOutcome
}

extension AdminSource {
  /// A node that has no actions.
  public func perform(_ action: AdminAction) async -> AdminOutcome { .unknown }
}
