import Foundation
import Lab

/// Lets all clients read all files at the same time, and counts meanwhile.
struct Reader: Sendable {
  var cluster: Cluster
  var workload: Workload
  /// Path → sum, as the exporting machine has it.
  var checksums: [String: String]
  var progress: Progress

  /// One time that all clients read all files.
  /// - Throws: ``LabError`` if a client dies or is not done within 20 minutes.
  func wave(_ name: String) async throws -> Wave {
    let before = try await cluster.counts()
    let clock = ContinuousClock()
    let start = clock.now
    let list = workload.list
    let jobs = try cluster.guests.map { guest in
      let path = try guest.put(list, as: name.replacingOccurrences(of: " ", with: ""))
      // Through a pipe: BusyBox's xargs leaves its standard input to what it runs, and md5sum would
      // move on in a file that xargs is still reading.
      return try guest.start("cd /mnt/nfs && cat \(path) | xargs -0 md5sum")
    }
    let expected = workload.byteCount * cluster.guests.count
    while !jobs.allSatisfy(\.isDone) {
      try Task.checkCancellation()
      try await Task.sleep(for: .milliseconds(200))
      let counts = try await cluster.counts() - before
      progress.show(name, counts, expectedBytes: expected, after: clock.now - start)
    }
    let duration = clock.now - start
    var matched = 0
    var failures: [String] = []
    for (guest, job) in zip(cluster.guests, jobs) {
      let result = try await job.output(within: .seconds(1200))
      let sums = Workload.parse(result.output)
      if result.status != 0, failures.count < 5 {
        failures.append("\(guest.name): \(result.error.prefix(200))")
      }
      for file in workload.files {
        if let sum = sums[file], sum == checksums[file] {
          matched += 1
        } else if failures.count < 5 {
          failures.append("\(guest.name): \(file): \(sums[file] ?? "not read")")
        }
      }
    }
    let counts = try await cluster.counts() - before
    progress.endLine()
    return Wave(
      name: name, seconds: duration / .seconds(1), counts: counts,
      fileCount: workload.files.count * cluster.guests.count, matchedCount: matched,
      byteCount: expected, failures: failures)
  }
}
