import FoundationEssentials
import Glibc
public import Logging
public import NIOCore
import NIOPosix
import Synchronization

/// A reader of the boot storm: mounts, waits for the start, reads all files in order as a stock
/// client would, checks every byte, and tells how it went.
public final class StormReader: Sendable {
  /// Why a reader cannot begin.
  public struct Failure: Error, CustomStringConvertible {
    public let description: String
  }

  private let plan: ReaderPlan
  private let manifest: Manifest
  private let client: PnfsClient
  private let log: ReadLog
  private let root: [[UInt8]]
  private let nextFile = Atomic<Int>(0)

  private init(plan: ReaderPlan, manifest: Manifest, client: PnfsClient) {
    self.plan = plan
    self.manifest = manifest
    self.client = client
    log = ReadLog(fileCount: manifest.files.count)
    root = Self.names(plan.exportPath)
  }

  /// Mounts and finds the exported directory.
  /// - Parameter group: one event loop will do.
  public static func mount(
    _ plan: ReaderPlan, group: any EventLoopGroup, logger: Logger
  ) async throws -> StormReader {
    let decoder = JSONDecoder()
    let manifest = try decoder.decode(
      Manifest.self, from: try Data(contentsOf: URL(filePath: plan.manifestPath)))
    let client = try await PnfsClient.mount(
      ServerAddress(host: plan.host, port: plan.port),
      as: ClientIdentity(name: plan.name, verifier: plan.verifier), group: group, logger: logger)
    let reader = StormReader(plan: plan, manifest: manifest, client: client)
    _ = try await client.directory(reader.root)
    return reader
  }

  private static func names(_ path: String) -> [[UInt8]] {
    path.split(separator: "/").map { Array($0.utf8) }
  }

  /// Waits for the start and reads everything.
  /// - Parameter group: whose loop writes the progress.
  /// - Throws: what kept a file from being read, or that it was read wrong.
  public func run(on group: any EventLoopGroup) async throws -> ReaderResult {
    let progress = try ProgressFile(plan.progressPath)
    progress.write(ReaderProgress())
    let start = try await waitForStart()
    let cpuSeconds = Self.cpuSeconds
    let writing = group.next().scheduleRepeatedTask(
      initialDelay: .milliseconds(100), delay: .milliseconds(100)
    ) { [log] _ in
      let state = log.current
      progress.write(ReaderProgress(byteCount: state.byteCount, fileCount: state.fileCount))
    }
    defer { writing.cancel() }
    try await readFiles(since: start)
    let seconds = Self.seconds(since: start)
    let state = log.current
    writing.cancel()
    let result = ReaderResult(
      name: plan.name, bytes: state.byteCount, files: state.fileCount, seconds: seconds,
      fileSeconds: state.fileSeconds, latency: state.latency,
      longestSilenceSeconds: Double(state.longestSilence.nanoseconds) / 1e9,
      cpuSeconds: Self.cpuSeconds - cpuSeconds, counters: client.counters)
    // The task may have been about to write what is out of date.
    try await group.next().submit {
      progress.write(
        ReaderProgress(
          isFinished: true, byteCount: state.byteCount, fileCount: state.fileCount))
    }.get()
    return result
  }

  /// Stays, as a client that keeps its mount, until it may leave; then unmounts.
  public func leave() async {
    while access(plan.leavePath, F_OK) != 0, !Task.isCancelled {
      try? await Task.sleep(for: .milliseconds(50))
    }
    await client.unmount()
  }

  private func waitForStart() async throws -> NIODeadline {
    while true {
      if let data = try? Data(contentsOf: URL(filePath: plan.startPath)),
        let nanoseconds = UInt64(String(decoding: data, as: UTF8.self))
      {
        let start = NIODeadline.uptimeNanoseconds(nanoseconds)
        let wait = start - .now()
        if wait > .zero { try await Task.sleep(for: .nanoseconds(wait.nanoseconds)) }
        return start
      }
      try await Task.sleep(for: .milliseconds(10))
    }
  }

  private func readFiles(since start: NIODeadline) async throws {
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      for _ in 0..<max(1, plan.fileCount) {
        tasks.addTask {
          while true {
            let index = self.nextFile.add(1, ordering: .relaxed).oldValue
            guard index < self.manifest.files.count else { return }
            try await self.readFile(index, since: start)
          }
        }
      }
      try await tasks.waitForAll()
    }
  }

  private func readFile(_ index: Int, since start: NIODeadline) async throws {
    let file = manifest.files[index]
    let names = root + Self.names(file.path)
    guard let name = names.last else { throw Failure(description: "a file without a name") }
    let directory = try await client.directory(names.dropLast())
    let open = try await client.open(name, in: directory)
    try await FileStream(
      client: client, open: open, file: file, pieceBytes: manifest.readBytes,
      readAhead: plan.readAhead, log: log
    ).run()
    try await client.close(open)
    log.closed(file: index, seconds: Self.seconds(since: start))
  }

  private static func seconds(since start: NIODeadline) -> Double {
    Double((NIODeadline.now() - start).nanoseconds) / 1e9
  }

  /// Of this process up to now.
  private static var cpuSeconds: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) {
      $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
    }
  }
}

/// The file that a reader tells its progress in.
private final class ProgressFile: Sendable {
  private let descriptor: Int32

  init(_ path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else {
      throw StormReader.Failure(description: "\(path): \(String(cString: strerror(errno)))")
    }
  }

  deinit { close(descriptor) }

  func write(_ progress: ReaderProgress) {
    let text = Array(progress.text.utf8)
    _ = pwrite(descriptor, text, text.count, 0)
  }
}
