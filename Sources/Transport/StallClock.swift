import NIOCore

/// Tells when a connection that holds something has stood still for too long: the other side does
/// not take its answers, or does not go on with its request.
///
/// A value; looked at from time to time while there is something to wait for.
struct StallClock {
  /// What stands still.
  enum Stall: String {
    case output, request
  }

  /// How long answers may stay where they are, and how long the next piece of a request may take.
  static let patience = TimeAmount.seconds(30)
  /// The same while there is little room left for others.
  static let pressedPatience = TimeAmount.seconds(5)
  /// What has to arrive of an incomplete request within that time.
  static let requestBytes = 256 << 10
  /// Time from one look to the next.
  static let interval = TimeAmount.seconds(5)

  /// A request of which not all has arrived.
  struct Request {
    /// Tells it from others of the connection.
    var number: Int
    /// What has arrived.
    var byteCount: Int
  }

  private struct Mark<Place> {
    var since: NIODeadline
    var place: Place
  }

  private var output: Mark<Int>?
  private var request: Mark<Request>?

  /// - Parameters:
  ///   - sentBytes: how many bytes the connection has sent, while some wait to be; nil: none do.
  ///   - request: a request that is not complete, while the connection is read from.
  ///   - pressed: of what there is little room left for others.
  /// - Returns: what has stood still for too long.
  mutating func look(
    at now: NIODeadline, sentBytes: Int?, request: Request?, pressed: Set<Stall>
  ) -> Stall? {
    Self.move(&output, to: sentBytes, at: now) { $0 != $1 }
    Self.move(&self.request, to: request, at: now) {
      $0.number != $1.number || $0.byteCount + Self.requestBytes <= $1.byteCount
    }
    let patience = { pressed.contains($0) ? Self.pressedPatience : Self.patience }
    if let output, now - output.since >= patience(.output) { return .output }
    if let mark = self.request, now - mark.since >= patience(.request) { return .request }
    return nil
  }

  private static func move<Place>(
    _ mark: inout Mark<Place>?, to place: Place?, at now: NIODeadline,
    isProgress: (_ former: Place, Place) -> Bool
  ) {
    guard let place else { return mark = nil }
    if let former = mark?.place, !isProgress(former, place) { return }
    mark = Mark(since: now, place: place)
  }
}
