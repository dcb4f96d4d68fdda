/// Nodes that cannot reach others.
struct Cut {
  /// Who cut it: a partition, or the node that lost its power.
  enum Cause: Equatable {
    case partition
    case power(Int32)
  }

  var cause: Cause
  /// By node.
  var from: [Bool]
  var to: [Bool]

  /// Whether what `source` sends does not reach `destination`.
  func blocks(_ source: Int32, _ destination: Int32) -> Bool {
    from[Int(source)] && to[Int(destination)]
  }
}
