import Dispatch
import Glibc
import Logging
import Settings

/// Reads the configuration again at SIGHUP. The cluster's keys are used at once; whatever else has
/// changed takes effect with a restart, and is said to. With a mistake anywhere nothing changes.
struct Reload: Sendable {
  let file: String
  let settings: NodeSettings
  let keys: KeyRing
  let logger: Logger

  /// Reloads at every SIGHUP, which does not end the program, until what is returned is cancelled.
  func onHangUp() -> any DispatchSourceSignal {
    signal(SIGHUP, SIG_IGN)
    let source = DispatchSource.makeSignalSource(
      signal: SIGHUP, queue: DispatchQueue(label: "reload"))
    source.setEventHandler { run() }
    source.resume()
    return source
  }

  private func run() {
    do throws(ConfigurationError) {
      let current = try NodeSettings.load(file: file)
      if let keyFile = current.keyFile {
        let read = try KeyFile.load(file: keyFile).keys
        if keys.keys.isEmpty {
          logger.warning("the first key of a cluster takes effect with a restart")
        } else if keys.replace(with: read) {
          logger.notice("the cluster's keys were read again", metadata: ["count": "\(read.count)"])
        }
      }
      if current != settings {
        logger.warning("the configuration has changed: all of it but the keys takes a restart")
      } else {
        logger.notice("the configuration was read again")
      }
    } catch {
      logger.warning(
        "the configuration was not read again, nothing changes: mend it and send SIGHUP",
        metadata: ["problems": "\(error)"])
    }
  }
}
