import Foundation

extension StormReport {
  /// The report as a table for people: a line a figure, without a newline at the end.
  public var table: String {
    var rows: [(String, String)] = [
      ("finished", "\(finishedCount) peers, \(expectedCount) expected"),
      ("makespan", Self.seconds(makespanSeconds)),
      ("bound", Self.seconds(boundSeconds) + (narrowestLink.map { "  (\($0))" } ?? "")),
      ("makespan / bound", Self.ratio(makespanOverBound)),
      ("makespan / uncompressed bound", Self.ratio(makespanOverPlainBound)),
      ("MDS egress / unique stored bytes", Self.ratio(mdsEgressOverUnique)),
      ("duplicate bytes received", Self.percent(duplicateFraction)),
      ("duplicate bytes received, worst peer", Self.percent(worstDuplicateFraction)),
    ]
    if let rackBytesOverUnique {
      rows.append(("bytes between racks / unique", Self.ratio(rackBytesOverUnique)))
    }
    if let lateFromMDSFraction {
      rows.append(("late joiners' bytes from the MDS", Self.percent(lateFromMDSFraction)))
    }
    rows += [
      ("max / mean upload of peers", Self.ratio(uploadMaxOverMean)),
      ("p50 finish", Self.seconds(p50FinishSeconds)),
      ("p99 finish", Self.seconds(p99FinishSeconds)),
      ("p99 / p50 finish", Self.ratio(p99OverP50)),
      ("longest stall of a read", Self.seconds(longestStallSeconds)),
    ]
    let width = rows.map(\.0.count).max() ?? 0
    return rows.map { name, value in
      name + String(repeating: " ", count: width + 2 - name.count) + value
    }.joined(separator: "\n")
  }

  private static func seconds(_ value: Double?) -> String {
    value.map { String(format: "%.3f s", $0) } ?? "-"
  }

  private static func ratio(_ value: Double?) -> String {
    value.map { String(format: "%.3f", $0) } ?? "-"
  }

  private static func percent(_ value: Double) -> String {
    String(format: "%.2f %%", 100 * value)
  }
}
