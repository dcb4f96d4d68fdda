/// What one reader measured; a line of JSON.
public struct ReaderResult: Codable, Hashable, Sendable {
  public var name: String
  /// Bytes that were read and found right.
  public var bytes: Int
  public var files: Int
  /// From the start to the last byte.
  public var seconds: Double
  /// When each file was closed, in seconds from the start, in the order of the manifest.
  public var fileSeconds: [Double]
  /// Of READs, from the first request for a piece to its last byte.
  public var latency: LatencyHistogram
  /// The longest time without any answer while READs were under way.
  public var longestSilenceSeconds: Double
  /// Of this process, from the start to the last byte.
  public var cpuSeconds: Double
  public var counters: PnfsClient.Counters

  enum CodingKeys: String, CodingKey {
    case name, bytes, files, seconds, latency, counters
    case fileSeconds = "file_seconds"
    case longestSilenceSeconds = "longest_silence_seconds"
    case cpuSeconds = "cpu_seconds"
  }

  public init(
    name: String, bytes: Int, files: Int, seconds: Double, fileSeconds: [Double],
    latency: LatencyHistogram, longestSilenceSeconds: Double, cpuSeconds: Double,
    counters: PnfsClient.Counters
  ) {
    self.name = name
    self.bytes = bytes
    self.files = files
    self.seconds = seconds
    self.fileSeconds = fileSeconds
    self.latency = latency
    self.longestSilenceSeconds = longestSilenceSeconds
    self.cpuSeconds = cpuSeconds
    self.counters = counters
  }
}
